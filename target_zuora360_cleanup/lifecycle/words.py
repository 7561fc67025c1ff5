"""Turns what Salesforce, the network, the disk or a signal did into a sentence for a person.

Which sentence, and which exit status goes with it, depends on what a run has done by then: each
story brings its own `Words`.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from requests import RequestException

from target_zuora360_cleanup.rows.halting import QuotaReached
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.errors import (
    ApiError,
    JobFailed,
    SessionExpired,
    Unreadable,
    unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.errors import CleanupError

    Ending = Callable[[str], CleanupError]


@dataclass(frozen=True)
class Words:
    """What ends a run, by what has happened; all but `file` are given why, without a full stop.

    Attributes:
        session: The session has ended and can't be renewed; given that.
        refused: Salesforce refused; given `CODE: message`.
        job: A Bulk API job failed.
        unreachable: No answer came; given a whole sentence.
        file: A file can't be written; given what the system or the database says.
        quota: The share of the org's calls that may be used is used up.
        stopped: A signal.
    """

    session: Callable[[SessionExpired], CleanupError]
    refused: Ending
    job: Ending
    unreachable: Ending
    file: Callable[[OSError | sqlite3.Error], CleanupError]
    quota: Ending
    stopped: Ending

    @classmethod
    def of(cls, broken: Ending, file: str) -> Words:
        """Words that differ in nothing but why a run broke off.

        Args:
            broken: What ends it; given why.
            file: What can't be done with a file, such as `Can't write a file`.
        """
        return cls(
            session=lambda exc: broken(f"Salesforce refused ({exc})"),
            refused=lambda why: broken(f"Salesforce refused ({why})"),
            job=lambda why: broken(f"Salesforce could not do it: {why}"),
            unreachable=broken,
            file=lambda exc: broken(f"{file}: {exc}"),
            quota=broken,
            stopped=lambda _: broken("Stopped by a signal"),
        )


@contextmanager
def in_words(words: Words) -> Iterator[None]:
    """Has what is raised within told in these words.

    Raises:
        CleanupError: As the words say.
    """
    try:
        yield
    except (SessionExpired, ApiError, JobFailed, RequestException, OSError, sqlite3.Error) as exc:
        raise _failure(exc, words) from None
    except QuotaReached as exc:
        raise words.quota(str(exc)) from None
    except Stopped:
        raise words.stopped("") from None


def _failure(exc: Exception, words: Words) -> CleanupError:
    match exc:
        case SessionExpired():
            return words.session(exc)
        case ApiError():
            return _unasked(exc, words)
        case JobFailed():
            return words.job(str(exc))
        case RequestException():  # (an OSError too)
            return words.unreachable(unreachable(exc))
        case OSError() | sqlite3.Error():
            return words.file(exc)
    raise AssertionError(exc)


def _unasked(exc: ApiError, words: Words) -> CleanupError:
    """What is not as asked, by what the answer means."""
    if isinstance(exc, Unreadable):
        return words.unreachable(f"{exc.message}. Check the network, and try again later.")
    why = f"{exc.code}: {exc.message}"
    if exc.meaning.is_day_used:
        used = "the org's API calls of the day are used up; run again when more are allowed"
        return words.quota(f"{why.rstrip('.')}: {used}")
    return words.refused(why)
