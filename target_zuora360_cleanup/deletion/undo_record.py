"""What a cleanup writes down before it resets anything, so that it can be taken back.

`undo.json` lies in the cleanup's folder: which org, how it deletes, and for each state what it was
and what is stored in its place, both to the last digit. A state is in it before it is reset. While
the cleanup runs it holds a lock on `running`, which ends with its process, however that ends.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.output.private import open_file
from target_zuora360_cleanup.state.form import dumped

if TYPE_CHECKING:
    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.outcome import KeptState

RECORD: Final = "undo.json"
RUNNING: Final = "running"
SCHEMA_VERSION: Final = 1


@dataclass
class UndoRecord:
    """Writes it. `keep` is called by whichever thread resets a state."""

    folder: OutputFolder
    _document: dict[str, Any] = field(default_factory=dict)
    _states: dict[tuple[str, str], KeptState] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: IO[str] | None = None

    def begin(self, plan: Plan, settings: Settings) -> None:
        """Write down which org it is and how it deletes.

        Raises:
            OSError: The file can't be written.
        """
        self._document = {
            "schema_version": SCHEMA_VERSION,
            "org_id": plan.org.id,
            "org_name": plan.org.name,
            "hard_delete": settings.hard_delete,
            "backup": settings.backup,
        }
        self._running = open_file(self.folder.path / RUNNING, "w")
        _locked(self._running)
        self._write()

    def close(self) -> None:
        """The cleanup runs no more."""
        if self._running:
            self._running.close()
            with suppress(OSError):
                (self.folder.path / RUNNING).unlink()

    def keep(self, state: KeptState) -> None:
        """Write down a state that is to be reset next.

        Raises:
            CleanupError: The file can't be written.
        """
        if state.place == "file":
            # (an undo may be run in another folder)
            state = replace(state, state_id=str(Path(state.state_id).resolve()))
        with self._lock:
            self._states[state.place, state.state_id] = state
            try:
                self._write()
            except OSError as exc:
                raise CleanupError(
                    f"What a state was can't be written to {self.folder.path / RECORD}: "
                    f"{exc.strerror or exc}."
                ) from None

    def _write(self) -> None:
        states = [asdict(each) for each in self._states.values()]
        self.folder.write_text(RECORD, dumped({**self._document, "states": states}) + "\n")


def is_running(folder: Path) -> bool:
    """Whether the cleanup of a folder still runs on this machine, as far as can be told."""
    try:
        with (folder / RUNNING).open("r+") as file:
            return not _locked(file)
    except FileNotFoundError:
        return False
    except OSError:  # (the file is there, and nobody can say)
        return True


def _locked(file: IO[str]) -> bool:
    """Take the lock, unless another process has it."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
