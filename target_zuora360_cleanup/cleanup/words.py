"""What is told where a cleanup ends before its deletion; nothing was deleted by then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import InputError, Interrupted, Refused
from target_zuora360_cleanup.lifecycle.words import Words

if TYPE_CHECKING:
    import sqlite3

BEFORE_DELETION: Final = Words(
    session=lambda exc: InputError(f"Salesforce refused the session: {exc.message}."),
    refused=lambda why: Refused(
        f"Salesforce refused to tell what is needed ({why}). Check the user's permissions."
    ),
    job=lambda why: Refused(f"Salesforce could not answer a query: {why}."),
    unreachable=InputError,
    file=lambda exc: Refused(f"A file can't be used: {_why(exc)}."),
    quota=lambda why: Refused(f"{why}."),
    stopped=lambda _: Interrupted("Stopped before anything was deleted; no state was written."),
)


def writing(what: str) -> Words:
    """The same where a file that is promised can't be written, such as `The backup`."""
    return replace(
        BEFORE_DELETION, file=lambda exc: Refused(f"{what} can't be written: {_why(exc)}.")
    )


def _why(exc: OSError | sqlite3.Error) -> str:
    return str(getattr(exc, "strerror", None) or exc)
