"""Removes rows that are deleted in Zuora, and nothing that hangs below them but Zuora's.

As in a cleanup, what goes is written down before, and what went along is counted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.deletion.silence import NO_RESULT, without_result
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.metrics import Metrics
from target_zuora360_cleanup.rows.errors import RowError, Verdict, failed_rows, refused_rows
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.csv_file import IdFile, fitting
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rest import COLLECTION
from target_zuora360_cleanup.salesforce.rows import soql_text
from target_zuora360_cleanup.sync.endangered import PART, Endangered, parts

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.hazards import Cascades
    from target_zuora360_cleanup.sync.org_objects import TargetObject
    from target_zuora360_cleanup.sync.removal_backup import RemovalBackup

logger = logging.getLogger(__name__)

OPERATION: Final = "delete"
ENDANGERED: Final = "WOULD_TAKE_ROWS_ALONG"
_AT_ONCE: Final = 2_000
"""So many rows are looked below at once: ids of what hangs on them are held in memory."""
_FEW: Final = 2 * COLLECTION
"""Up to here sObject Collections need no more calls than a Bulk job (create, poll)."""


@dataclass(frozen=True)
class Removed:
    """What became of one row.

    Attributes:
        was_there: Whether there was anything to remove.
        error: Why it is still there; None if it is not.
    """

    key: str
    was_there: bool = True
    error: RowError | None = None


@dataclass(frozen=True)
class Removals:
    """Removes rows of one org by their external ids.

    Attributes:
        go_on: Raises when the run may not go on.
        cascades: What deletions take along.
        backup: Writes down what goes.
        took_along: Is told how many rows of other objects went with those of one, by API name.
    """

    salesforce: Salesforce
    go_on: Callable[[], None]
    cascades: Cascades
    backup: RemovalBackup
    took_along: Callable[[str, Mapping[str, int]], None]

    def remove(self, target: TargetObject, keys: Sequence[str]) -> Iterator[Removed]:
        """Remove rows, but for those with which others would go that must not.

        Args:
            target: Their object type.
            keys: External ids, each once.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not do it.
        """
        for part in parts(keys, _AT_ONCE):
            yield from self._remove(target, part)

    def _remove(self, target: TargetObject, keys: Sequence[str]) -> Iterator[Removed]:
        self.go_on()
        ids = self._ids(target, keys)
        yield from (Removed(key, was_there=False) for key in keys if key not in ids)
        below = Endangered(self.salesforce.rest, self.cascades, self.go_on)
        below.look(target.name, ids.values())
        for key, record_id in ids.items():
            if hazard := below.held.get(record_id):
                yield Removed(key, error=RowError(key, ENDANGERED, hazard.words))
        going = {key: record_id for key, record_id in ids.items() if record_id not in below.held}
        if not going:
            return
        roots = set(going.values())
        self.backup.along(below.parents_of_along(roots))
        self.backup.rows(target, going)
        errors = self._delete(target.name, list(going.values()))
        self.took_along(target.name, below.taken_along(roots - errors.keys()))
        for key, record_id in going.items():
            yield Removed(key, error=errors.get(record_id))

    def existing(self, target: TargetObject, keys: Sequence[str]) -> set[str]:
        """Which of these external ids there are.

        Raises:
            ApiError, requests.RequestException: Salesforce does not tell.
        """
        return set(self._ids(target, keys))

    def _ids(self, target: TargetObject, keys: Sequence[str]) -> dict[str, str]:
        key = target.external_id
        select = f"SELECT Id, {key} FROM {target.name} WHERE {key}"
        queries = [f"{select} IN ({', '.join(map(soql_text, part))})" for part in parts(keys, PART)]
        # (a field may know no case: a row then has the key in a case of its own)
        folded = {each.casefold(): each for each in keys} | {each: each for each in keys}
        found = ((row[key], row["Id"]) for row in self._rows(queries))
        return {folded.get(own) or folded[own.casefold()]: row_id for own, row_id in found}

    def _rows(self, queries: Sequence[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for answer in self.salesforce.rest.query_each(queries):
            if isinstance(answer, ApiError):
                raise answer
            rows += answer
        return rows

    def _delete(self, name: str, ids: list[str]) -> dict[str, RowError]:
        """Why rows are still there, by id; some of them are tried again."""
        errors: dict[str, RowError] = {}
        for each in self.salesforce.attempts():
            failed = self._delete_few(ids) if len(ids) <= _FEW else self._delete_many(name, ids)
            errors = {key: error for key, error in errors.items() if key not in set(ids)}
            errors |= {each.id: each for each in failed if each.verdict is not Verdict.GONE}
            errors = self._still_there(name, errors)
            ids = [key for key, error in errors.items() if _may_go(error)]
            if each.is_last or not ids:
                break
            logger.info("%s: %s tried again.", name, counted(len(ids), "row is", "rows are"))
        return errors

    def _still_there(self, name: str, errors: dict[str, RowError]) -> dict[str, RowError]:
        """The errors of rows that are there, where only a look tells."""
        doubtful = [key for key, error in errors.items() if _is_doubtful(error)]
        select = f"SELECT Id FROM {name} WHERE Id"
        queries = [
            f"{select} IN ({', '.join(map(soql_text, part))})" for part in parts(doubtful, PART)
        ]
        gone = set(doubtful) - {row["Id"] for row in self._rows(queries)}
        return {key: error for key, error in errors.items() if key not in gone}

    def _delete_few(self, ids: list[str]) -> Iterator[RowError]:
        for at in range(0, len(ids), COLLECTION):
            part = ids[at : at + COLLECTION]
            yield from refused_rows(part, self.salesforce.rest.delete_collection(part))

    def _delete_many(self, name: str, ids: list[str]) -> Iterator[RowError]:
        for part in fitting((each.encode() for each in ids), _id_bytes, len(ids)):
            with closing(IdFile([part])) as rows:
                job_id = self.salesforce.jobs.send(Ingest(name, OPERATION), rows)
            with Metrics(name, OPERATION).job(job_id):
                self.salesforce.bulk.wait("ingest", job_id, len(part))
            failed = list(failed_rows(self.salesforce.bulk, job_id))
            yield from failed
            # (numbers of a job may be late, and rows may be missing from its results)
            told = {*self.salesforce.bulk.done(job_id, "Id"), *(each.id for each in failed)}
            yield from (
                without_result(each) for each in map(bytes.decode, part) if each not in told
            )


def _is_doubtful(error: RowError) -> bool:
    return error.verdict is Verdict.LOOK or error.code == NO_RESULT


def _may_go(error: RowError) -> bool:
    return error.verdict is Verdict.TRY_AGAIN or error.code == NO_RESULT


def _id_bytes(row_id: bytes) -> int:
    return len(row_id) + len("\n") + 1
