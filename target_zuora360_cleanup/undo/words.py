"""What is told where an undo ends early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError, Partial
from target_zuora360_cleanup.lifecycle.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable


def words(begun: Callable[[], bool]) -> Words:
    """What is told where an undo ends early.

    Args:
        begun: Whether records may be back by then.
    """

    def broken(why: str) -> CleanupError:
        return _broken(why, begun=begun())

    return Words.of(broken, "Can't write a file")


def unexpected(exc: Exception, *, begun: bool) -> CleanupError:
    """What is told where the program met what it does not know; the log has its traceback."""
    return _broken(f"{type(exc).__name__}: {exc}; please report it with the log", begun=begun)


def _broken(why: str, *, begun: bool) -> CleanupError:
    why = why.rstrip(".")
    if begun:
        return Partial(
            f"{why}. Records that are back stay so, and the state is still reset; run undo again "
            "to go on."
        )
    return CleanupError(f"{why}. Nothing was changed.")
