"""Singer state in files, for set-ups without Meltano."""

from __future__ import annotations

import codecs
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.state.form import dumped, loaded
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.state.form import TapState

_KEY: Final = "singer_state"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class StateFiles:
    """A store whose ids are paths.

    Args:
        paths: Those that are meant; they may hold any characters.
    """

    def __init__(self, paths: Sequence[str] = ()) -> None:
        self._paths = tuple(paths)

    @property
    def is_shared(self) -> bool:
        """A file is the user's own."""
        return False

    def close(self) -> None:
        """Nothing is held open."""

    def known(self) -> tuple[str, ...]:
        """The paths that are meant and are there; no one can list all files that hold a state."""
        return tuple(each for each in self._paths if Path(each).exists())

    def read(self, state_id: str) -> TapState | None:
        """What the file holds, which may be what `meltano state get` prints.

        Returns:
            The state; None where there is no file.
        """
        content = _content(state_id)
        if content is None:
            return None
        try:
            state: TapState = loaded(_text(content))
        except ValueError:
            raise StoreFailed(f"{state_id} holds no JSON.") from None
        except RecursionError:
            raise StoreFailed(f"{state_id} nests too deep to be read.") from None
        return state[_KEY] if _is_wrapped(state) else state

    def write(self, state_id: str, state: TapState) -> None:
        """Replace the file by one that is complete, with the same permissions."""
        path = Path(state_id).resolve()
        try:
            self._replace(path, dumped(self._in_its_form(state_id, state)) + "\n")
        except OSError as exc:
            raise StoreFailed(f"{state_id} can't be written: {exc.strerror or exc}.") from None

    def _in_its_form(self, state_id: str, state: TapState) -> TapState:
        """Wrapped where the file's own state is, so that `meltano state set` takes it again."""
        try:
            stored = loaded(_text(_content(state_id) or b""))
        except ValueError:
            return state
        return {_KEY: state} if _is_wrapped(stored) else state

    def _replace(self, path: Path, text: str) -> None:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                draft.chmod(path.stat().st_mode & 0o7777)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


def _content(path: str) -> bytes | None:
    """The bytes of a file; None where there is none.

    Raises:
        StoreFailed: It can't be read, or is none that keeps what is written to it.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise StoreFailed(
                f"{path} is no file that keeps a state, but a pipe, device or folder."
            )
        return Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StoreFailed(f"{path}: {exc.strerror or exc}.") from None


def _text(content: bytes) -> str:
    """Text in UTF-8, or in what a mark at its beginning says (PowerShell writes UTF-16)."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding)


def _is_wrapped(state: object) -> bool:
    """Whether it is what `meltano state get` prints."""
    return isinstance(state, dict) and state.keys() == {_KEY} and isinstance(state[_KEY], dict)
