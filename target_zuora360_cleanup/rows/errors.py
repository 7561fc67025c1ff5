"""What Salesforce says of a row that it did not take, and what is to be thought of it.

Deletions, syncs and relinks read the failed rows of their jobs here, and judge each by one table.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.salesforce.bulk import Bulk
    from target_zuora360_cleanup.salesforce.errors import ApiError


class Verdict(Enum):
    """What an error means for its row."""

    GONE = "the row is deleted already, so a deletion of it is done"
    LOOK = "the row may be deleted already; only a look at the org tells"
    TRY_AGAIN = "another attempt may succeed"
    FINAL = "another attempt would fail as well"


class Rule(NamedTuple):
    """What one of Salesforce's codes means.

    Attributes:
        why: The reason for the verdict.
        source: Where that is written.
    """

    verdict: Verdict
    why: str
    source: str


_STATUS_CODES: Final = 'SOAP API Developer Guide, "StatusCode"'
LOCK: Final = "UNABLE_TO_LOCK_ROW"
"""Also where a trigger or a flow met the lock: then their own code comes first, and this one stands
in the message (Apex Developer Guide, "Record Locks"; System.DmlException names the status code)."""
RULES: Final[dict[str, Rule]] = {
    "ENTITY_IS_DELETED": Rule(
        Verdict.GONE, "the record is in the recycle bin, or went with its parent", _STATUS_CODES
    ),
    "INVALID_CROSS_REFERENCE_KEY": Rule(
        Verdict.LOOK,
        "there is no such record, not even in the recycle bin, or this user may not see it",
        _STATUS_CODES,
    ),
    LOCK: Rule(
        Verdict.TRY_AGAIN,
        "another transaction held the row or its parent",
        'Bulk API 2.0 Developer Guide, "General Guidelines for Data Loads"',
    ),
    "DELETE_OPERATION_TOO_LARGE": Rule(
        Verdict.TRY_AGAIN,
        "over 100,000 rows would go along; children of it may be gone by the next round",
        _STATUS_CODES,
    ),
    "REQUEST_RUNNING_TOO_LONG": Rule(
        Verdict.TRY_AGAIN, "the transaction took too long; a smaller job has less to do",
        _STATUS_CODES,
    ),
    "SERVER_UNAVAILABLE": Rule(
        Verdict.TRY_AGAIN, "a server that the row needs does not answer", _STATUS_CODES
    ),
    "UNKNOWN_EXCEPTION": Rule(
        Verdict.TRY_AGAIN, "an error inside Salesforce, with nothing said of the row", _STATUS_CODES
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Rule(
        Verdict.FINAL, "a trigger of the org forbids it, and will forbid it again", _STATUS_CODES
    ),
    "DELETE_FAILED": Rule(
        Verdict.FINAL, "a lookup of another record forbids the deletion", _STATUS_CODES
    ),
}  # fmt: skip
"""Codes with a meaning of their own; every other one is final, as are words without a code."""


HELD_BACK: Final = "HELD_BACK"
"""Our own code of a row that nobody tried to delete, since rows below it are left."""


NOT_FOUND: Final = "INVALID_FIELD"
"""The code of a row that names a parent by an external id which is not there."""


class RowError(NamedTuple):
    """Why Salesforce did not take a row.

    Attributes:
        id: Of the row: its Salesforce id, or the external id by which it was sent.
        code: Salesforce's, such as `UNABLE_TO_LOCK_ROW`; `UNKNOWN` where it gave none.
        message: Salesforce's own words.
    """

    id: str
    code: str
    message: str

    @property
    def verdict(self) -> Verdict:
        """What it means for the row."""
        rule = RULES.get(self.code)
        verdict = rule.verdict if rule else Verdict.FINAL
        is_lock = verdict is Verdict.FINAL and LOCK in self.message
        return RULES[LOCK].verdict if is_lock else verdict

    def misses(self, parent: str, key: str) -> bool:
        """Whether the row names a parent that is not there.

        The code tells that a name led nowhere, and the names of the API in the message which; the
        words around them come in the user's language.

        Args:
            parent: API name of the parent's object.
            key: API name of the external id field by which the row names it.
        """
        return self.code == NOT_FOUND and self.names(parent) and self.names(key)

    def names(self, name: str) -> bool:
        """Whether the message holds a name as a word of its own, in whatever case."""
        # (a Japanese text may go on without a blank)
        word = rf"(?<!\w){re.escape(name.strip().casefold())}(?!\w)"
        return bool(re.search(word, self.message.casefold(), re.ASCII))


def failed_rows(bulk: Bulk, job_id: str, key: str = "Id") -> Iterator[RowError]:
    """The errors of an ingest job's rows.

    Args:
        bulk: The Bulk API of the org.
        job_id: A job that has ended.
        key: The column by which the job named its rows.

    Raises:
        ApiError, requests.RequestException: Salesforce does not tell them.
    """
    for row in bulk.failed_rows(job_id):
        yield RowError(row[key], *split_error(row["sf__Error"]))


def refused_rows(ids: Iterable[str], answers: Iterable[ApiError | None]) -> Iterator[RowError]:
    """The errors among the answers of an sObject Collections request, which come in its order."""
    for row_id, error in zip(ids, answers, strict=True):
        if error:
            yield RowError(row_id, error.code, error.message)


def split_error(text: str) -> tuple[str, str]:
    """Code and message of an `sf__Error`, which reads `CODE:message:fields--`."""
    code, _, rest = text.partition(":")
    if not re.fullmatch(r"[A-Z][A-Z0-9_]+", code):
        return "UNKNOWN", text
    message = rest.rsplit(":", 1)[0] if rest.endswith("--") else rest
    return code, message
