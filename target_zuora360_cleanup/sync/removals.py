"""Removes rows that are deleted in Zuora, and nothing that hangs below them but Zuora's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.output.metrics import Metrics
from target_zuora360_cleanup.rows.errors import RowError, Verdict, failed_rows, refused_rows
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.csv_file import IdFile
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rest import COLLECTION
from target_zuora360_cleanup.salesforce.rows import soql_text

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.hazards import Hazard
    from target_zuora360_cleanup.sync.org_objects import TargetObject

logger = logging.getLogger(__name__)

OPERATION: Final = "delete"
ENDANGERED: Final = "WOULD_TAKE_ROWS_ALONG"
_KEYS: Final = 200
"""External ids, or ids, that one query names."""
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
    """Removes rows of one org by their external ids."""

    salesforce: Salesforce
    go_on: Callable[[], None]

    def remove(
        self, target: TargetObject, keys: Sequence[str], hazards: Sequence[Hazard]
    ) -> Iterator[Removed]:
        """Remove rows.

        Args:
            target: Their object type.
            keys: External ids, each once.
            hazards: What the deletion must not take along.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not do it.
        """
        self.go_on()
        ids = self._ids(target, keys)
        yield from (Removed(key, was_there=False) for key in keys if key not in ids)
        held = self._held(ids, hazards)
        for key, hazard in held.items():
            would = "would" if hazard.column else "might"
            why = (
                f"rows of {hazard.object} {would} be deleted with it; if they may be, name "
                f"{hazard.object} in allow_cascade_to"
            )
            yield Removed(key, error=RowError(key, ENDANGERED, why))
        going = {ids[key]: key for key in keys if key in ids and key not in held}
        errors = self._delete(target.name, list(going)) if going else {}
        for record_id, key in going.items():
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
        queries = [
            f"{select} IN ({', '.join(map(soql_text, part))})" for part in _parts(keys, _KEYS)
        ]
        return {row[key]: row["Id"] for row in self._rows(queries)}

    def _held(self, ids: Mapping[str, str], hazards: Sequence[Hazard]) -> dict[str, Hazard]:
        """External ids whose deletion would take rows along, with the first such hazard.

        Where no query can tell, each deletion might.
        """
        held: dict[str, Hazard] = {}
        keys = {record_id: key for key, record_id in ids.items()}
        for each in hazards:
            endangered = self._endangered(each, list(keys)) if each.column else list(keys)
            for record_id in endangered:
                held.setdefault(keys[record_id], each)
        return held

    def _endangered(self, hazard: Hazard, ids: Sequence[str]) -> list[str]:
        rows = self._rows([hazard.query(part) for part in _parts(ids, _KEYS)])
        return [_follow(row, hazard.column or "") for row in rows]

    def _rows(self, queries: Sequence[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for answer in self.salesforce.rest.query_each(queries):
            if isinstance(answer, ApiError):
                raise answer
            rows += answer
        return rows

    def _delete(self, name: str, ids: list[str]) -> dict[str, RowError]:
        """Why rows are still there, by id."""
        failed = self._delete_few(ids) if len(ids) <= _FEW else self._delete_many(name, ids)
        return {each.id: each for each in failed if each.verdict is not Verdict.GONE}

    def _delete_few(self, ids: list[str]) -> Iterator[RowError]:
        for at in range(0, len(ids), COLLECTION):
            part = ids[at : at + COLLECTION]
            yield from refused_rows(part, self.salesforce.rest.delete_collection(part))

    def _delete_many(self, name: str, ids: list[str]) -> Iterator[RowError]:
        with closing(IdFile([[each.encode() for each in ids]])) as rows:
            job_id = self.salesforce.jobs.send(Ingest(name, OPERATION), rows)
        with Metrics(name, OPERATION).job(job_id):
            done = self.salesforce.bulk.wait("ingest", job_id, len(ids))
        if done.failed:
            yield from failed_rows(self.salesforce.bulk, job_id)


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[at : at + size] for at in range(0, len(values), size))


def _follow(row: dict[str, Any], path: str) -> str:
    value: Any = row
    for name in path.split("."):
        value = value[name]
    return str(value)
