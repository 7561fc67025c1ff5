"""Writes state lines to stdout, where Meltano stores each at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from target_zuora360_cleanup.errors import CleanupError

if TYPE_CHECKING:
    from target_zuora360_cleanup.state.reset import Reset


class StateNotWritten(CleanupError):
    """stdout is closed: a state line could not be handed to Meltano."""


class StateOutput:
    """The only writer to stdout.

    Attributes:
        written: The states that went out, in order.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.written: list[dict[str, Any]] = []

    def write(self, reset: Reset) -> None:
        """Write a reset as one line.

        Raises:
            StateNotWritten: Nobody reads stdout any more.
        """
        try:
            self._out.write(f"{reset.line}\n")
            self._out.flush()
        except (OSError, ValueError) as exc:
            raise StateNotWritten(
                f"The bookmark reset could not be written to stdout ({exc}); without it no record "
                "may be deleted. Check that Meltano is still running, and run again."
            ) from None
        self.written.append(reset.state)
