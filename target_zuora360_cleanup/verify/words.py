"""What is told where a comparison ends early."""

from __future__ import annotations

from typing import Final

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.words import Words


def _broken(why: str) -> CleanupError:
    return CleanupError(f"{why.rstrip('.')}. Nothing is known of what is back; verify again.")


WORDS: Final = Words(
    session=lambda exc: _broken(f"Salesforce refused ({exc})"),
    refused=lambda why: _broken(f"Salesforce refused ({why})"),
    job=lambda why: _broken(f"Salesforce could not do it: {why}"),
    unreachable=_broken,
    file=lambda exc: _broken(f"A file can't be used: {exc}"),
    quota=_broken,
    stopped=lambda _: _broken("Stopped by a signal"),
)


def unexpected(exc: Exception) -> CleanupError:
    """What is told where the program met what it does not know; the log has its traceback."""
    return _broken(f"{type(exc).__name__}: {exc}; please report it with the log")
