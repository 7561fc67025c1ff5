"""What runs without a tap share that tell what became of each row: relink, undo and verify."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.background import to_its_end
from target_zuora360_cleanup.lifecycle.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.report.document import Report

    Show = Callable[[Report, Path], None]
    Ending = tuple[Report, CleanupError | None]
    """The report, and what the run ends with."""

logger = logging.getLogger(__name__)


class Told(Protocol):
    """A story that is told to its end, whatever happens in it."""

    def end(self, error: CleanupError | None) -> Ending:
        """Write what became of each row, and the report.

        Args:
            error: What stopped it, if anything did.
        """


def ending_of(
    story: Told,
    carry_out: Callable[[], None],
    unexpected: Callable[[Exception], CleanupError],
    name: str,
) -> Ending:
    """Carry a story out, and end it by what became of it.

    Args:
        story: Which.
        carry_out: Does it; raises what stops it.
        unexpected: Makes words of what the program does not know.
        name: What the run is called.
    """
    try:
        carry_out()
    except CleanupError as exc:
        return story.end(exc)
    except Exception as exc:
        logger.exception("The %s met what the program does not know.", name)
        return story.end(unexpected(exc))
    return story.end(None)


def told_to_its_end(
    run: Context, work: Callable[[Callable[[Ending], None]], None], show: Show
) -> Result:
    """Do the work in a thread of its own, and show the report.

    The work is given what takes in its ending, which counts whatever fails after it. After a signal
    it ends by itself, however long that takes: what is known of the rows lies in a database that
    only its thread may read.
    """
    endings: list[Ending] = []
    failure = to_its_end(run.stop, lambda: work(endings.append))
    if not endings:
        return Result(failure)
    report, error = endings[0]
    show(report, run.folder.path)
    return Result(error)
