"""What a run ends with that was stopped by a signal."""

from __future__ import annotations

import logging
from typing import Final

from target_zuora360_cleanup.errors import CleanupError, InputError, Interrupted, Partial, Refused
from target_zuora360_cleanup.rows.stop import Stopped

logger = logging.getLogger(__name__)

_KINDS: Final = (InputError, Refused, Partial)


def with_own_failure(ending: CleanupError, failure: BaseException | None) -> CleanupError:
    """What a stopped run ends with, and what its work had failed with by itself.

    Args:
        ending: What the signal leaves behind.
        failure: What the work ended with, if not well; that it was stopped is told already.
    """
    if failure is None or isinstance(failure, (Stopped, Interrupted)):
        return ending
    if isinstance(failure, CleanupError):
        kind = next((each for each in _KINDS if isinstance(failure, each)), CleanupError)
        return kind(f"{ending} {failure}")
    logger.error("The work failed before it was stopped.", exc_info=failure)
    words = f"Its work had failed: {type(failure).__name__}: {failure}".rstrip(".")
    return type(ending)(f"{ending} {words}.")
