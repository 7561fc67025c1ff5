"""What a cleanup resets: one or several holders of bookmarks, treated as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from target_zuora360_cleanup.errors import CleanupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.report.document import Report

Objects = frozenset[str]
"""API names of the object types that are cleaned."""


class ResetSink(Protocol):
    """Something that holds bookmarks: stdout, states in Meltano's backend, a file."""

    def look(self, objects: Objects) -> tuple[Finding, ...]:
        """What is there to reset, and what is in the way; changes nothing."""

    def write(self, objects: Objects) -> None:
        """Reset; returns when the reset holds, as far as this holder can tell.

        Raises:
            CleanupError: It can't be written, or is in use: nothing may be deleted.
        """

    def undo(self) -> None:
        """Put back what `write` has changed, if that can be done; nothing was deleted."""

    def settle(self, objects: Objects) -> tuple[Finding, ...]:
        """See to it after the deletion that the reset still holds.

        Returns:
            What was found; where it blocks, the reset may not last.
        """

    def tell(self, report: Report, objects: Objects) -> None:
        """Write into the report what was found and done."""


class Resets:
    """All holders together.

    Attributes:
        written: Whether all of them have been reset.
    """

    def __init__(self, sinks: Sequence[ResetSink]) -> None:
        self._sinks = sinks
        self.written = False

    def look(self, objects: Objects) -> tuple[Finding, ...]:
        """What all have to say before anything is changed."""
        return tuple(finding for sink in self._sinks for finding in sink.look(objects))

    def write(self, objects: Objects) -> None:
        """Reset all or none.

        Raises:
            CleanupError: One can't be written; the others are put back.
        """
        tried: list[ResetSink] = []
        try:
            for sink in self._sinks:
                tried.append(sink)
                sink.write(objects)
        except CleanupError:
            for sink in tried:
                sink.undo()
            raise
        self.written = True

    def settle(self, objects: Objects) -> tuple[Finding, ...]:
        """Have all of them look again after the deletion."""
        return tuple(finding for sink in self._sinks for finding in sink.settle(objects))

    def tell(self, report: Report, objects: Objects) -> None:
        """Write into the report what all of them have found and done."""
        for sink in self._sinks:
            sink.tell(report, objects)
