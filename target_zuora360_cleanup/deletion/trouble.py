"""What ended the deletion of one object type, in words."""

from __future__ import annotations

import sqlite3
from typing import Final

from requests import RequestException

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.rows.csv_ids import WrongId
from target_zuora360_cleanup.rows.halting import QuotaReached
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, unreachable

STOPPED: Final = "stopped by a signal"
_MOST: Final = 200
_TOLD: Final = (ApiError, JobFailed, QuotaReached, WrongId, CleanupError)


def is_expected(exc: Exception) -> bool:
    """Whether Salesforce, the network, the disk or a signal did it; else the program is wrong."""
    return isinstance(exc, (Stopped, *_TOLD, RequestException, OSError, sqlite3.Error))


def in_words(exc: Exception) -> str:
    """Why it ended, without a full stop."""
    match exc:
        case Stopped():
            return STOPPED
        case ApiError() | JobFailed() | QuotaReached() | WrongId() | CleanupError():
            return str(exc).rstrip(".")
        case RequestException():  # (an OSError too)
            return unreachable(exc)
        case OSError():
            return f"can't write {exc.filename or 'a file'}: {exc.strerror or exc}"
        case sqlite3.Error():
            return f"can't write a temporary file: {exc}"
    what = f"{type(exc).__name__}: {exc}"[:_MOST]
    return f"the program met what it does not know ({what}); please report it with the log"
