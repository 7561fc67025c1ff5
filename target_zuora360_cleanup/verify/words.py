"""What is told where a comparison ends early."""

from __future__ import annotations

from typing import Final

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.words import Words


def _broken(why: str) -> CleanupError:
    return CleanupError(f"{why.rstrip('.')}. Nothing is known of what is back; verify again.")


WORDS: Final = Words.of(_broken, "A file can't be used")


def unexpected(exc: Exception) -> CleanupError:
    """What is told where the program met what it does not know; the log has its traceback."""
    return _broken(f"{type(exc).__name__}: {exc}; please report it with the log")
