"""Singer state in files, for set-ups without Meltano."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from target_zuora360_cleanup.state.form import TapState


class StateFiles:
    """A store whose ids are paths."""

    def known(self) -> tuple[str, ...]:
        """No one can list all files that may hold a state."""
        return ()

    def read(self, state_id: str) -> TapState | None:
        """What the file holds; None where there is no file."""
        try:
            state: TapState = json.loads(Path(state_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StoreFailed(f"{state_id}: {exc.strerror or exc}.") from None
        except ValueError:
            raise StoreFailed(f"{state_id} holds no JSON.") from None
        return state

    def write(self, state_id: str, state: TapState) -> None:
        """Replace the file by one that is complete, with the same permissions."""
        path = Path(state_id).resolve()
        try:
            self._replace(path, json.dumps(state) + "\n")
        except OSError as exc:
            raise StoreFailed(f"{state_id} can't be written: {exc.strerror or exc}.") from None

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
