"""What a run returns to the door that it came in by, which exits."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from target_zuora360_cleanup.errors import CleanupError


@dataclass(frozen=True)
class Result:
    """How a run ended; the report is written and shown.

    Attributes:
        error: What it ended with, if not well: a `CleanupError`, or a mistake of the program.
    """

    error: BaseException | None = None

    def exit(self) -> None:
        """Leave the process as the run deserves, unless it went well.

        Raises:
            SystemExit: With the exit status.
            BaseException: The program's own mistake, which needs its traceback.
        """
        if status := self.exit_status:
            sys.exit(status)

    def reraise(self) -> None:
        """Hand on what the run ended with, to who can't take a result.

        Raises:
            BaseException: What the run ended with, if not well.
        """
        if self.error:
            raise self.error

    @property
    def exit_status(self) -> int:
        """The exit status that the run deserves.

        Raises:
            BaseException: The program's own mistake.
        """
        if self.error is None:
            return 0
        if isinstance(self.error, CleanupError):
            return self.error.exit_status
        raise self.error
