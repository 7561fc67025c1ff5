"""What a cleanup costs of an org's daily allowances, and whether it is left. Pure.

Counts follow "API Request Limits and Allocations" and "Bulk API and Bulk API 2.0 Limits and
Allocations": every request is a call, polls included; a delete job uses a batch for each 10,000
rows; queries use none, but query jobs and the size of their results have allowances of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.plan.counts import strong_links, to_delete
from target_zuora360_cleanup.reach import WITH_BODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.settings.declared import Settings

CALLS: Final = "DailyApiRequests"
BATCHES: Final = "DailyBulkApiBatches"
QUERY_JOBS: Final = "DailyBulkV2QueryJobs"
QUERY_MB: Final = "DailyBulkV2QueryFileStorageMB"

_BATCH_ROWS: Final = 10_000
_FEW: Final = 400
_REST_ROWS: Final = 2_000
_COLLECTION: Final = 200
_MULTIPART_ROWS: Final = 5_000
_POLLS: Final = 40
"""Polls of a job that takes three minutes, at waits that grow by a fifth of its age."""
_LOOKS: Final = 4
"""Calls to look at the org again before an object type: a composite holds five queries."""
_IN_A_QUERY, _IN_A_JOB = 180, 2_300
"""Billing accounts that a query and a query job name, in two places of each."""
_ROW_BYTES: Final = {"none": 24, "ids": 64, "full": 2_000}


@dataclass(frozen=True)
class Need:
    """What a cleanup needs of one allowance.

    Attributes:
        left: What is left of it; None where Salesforce does not say.
    """

    name: str
    needed: int
    left: int | None

    @property
    def is_met(self) -> bool:
        """Whether enough is known to be left."""
        return self.left is not None and self.needed <= self.left


def needs_of(facts: OrgFacts, settings: Settings) -> tuple[Need, ...]:
    """What a cleanup costs of the daily allowances, where they are known."""
    match facts.conditions.allowances:
        case Known(allowances):
            return needs(
                to_delete(facts).values(),
                allowances,
                job_size=settings.job_size,
                backup=settings.backup,
                quota_percent=settings.quota_percent_total,
                bodies=_bodies(facts, settings),
                accounts=facts.accounts.chosen if facts.accounts else 0,
            )
        case Unknown():
            return ()  # (the check `allowances-unknown` tells it)


def needs(  # noqa: PLR0913 - what it hangs on, each by its name
    rows: Iterable[int],
    allowances: Mapping[str, tuple[int, int]],
    *,
    job_size: int,
    backup: str,
    quota_percent: int,
    bodies: int = 0,
    accounts: int = 0,
) -> tuple[Need, ...]:
    """What the deletion of object types with so many rows each needs.

    Args:
        rows: Rows to delete, by object type.
        allowances: Maximum and what remains, by Salesforce's name.
        job_size: Records per delete job.
        backup: How much of each record is read.
        quota_percent: Share of the daily calls that may be used up in the end.
        bodies: Rows that go along and have a body, which is a call each.
        accounts: Billing accounts that queries name, some in each; 0 where they name none.
    """
    counts = [count for count in rows if count]
    many = [count for count in counts if count > _REST_ROWS]
    parts, jobs = (max(1, _ceil(accounts, each)) for each in (_IN_A_QUERY, _IN_A_JOB))
    looks = (parts - 1) * (_LOOKS + 2)
    wanted = {
        CALLS: sum(_calls(count, job_size) + looks for count in counts) + bodies,
        BATCHES: sum(_batches(count, job_size) for count in counts if count > _FEW),
        QUERY_JOBS: len(many) * jobs,
        QUERY_MB: sum(many) * _ROW_BYTES[backup] // 1_000_000,
    }
    return tuple(
        Need(name, needed, left(name, allowances, quota_percent))
        for name, needed in wanted.items()
        if needed or name in allowances
    )


def _bodies(facts: OrgFacts, settings: Settings) -> int:
    is_kept = settings.backup != "none" and settings.backup_bodies_mb
    paths = strong_links(facts) if is_kept else ()
    return sum(
        rows for path, rows in paths if path.child in WITH_BODY and path.on_delete == "cascade"
    )


def _calls(rows: int, job_size: int) -> int:
    if rows <= _FEW:
        return _LOOKS + 2 + _ceil(rows, _COLLECTION)
    jobs = _ceil(rows, job_size)
    sending = 1 if min(rows, job_size) <= _MULTIPART_ROWS else 3
    reading = 1 if rows <= _REST_ROWS else 2 + _POLLS + jobs
    # (counted at the end of the step, and at that of the run)
    return _LOOKS + 2 + reading + jobs * (sending + _POLLS)


def _batches(rows: int, job_size: int) -> int:
    jobs, rest = divmod(rows, job_size)
    return jobs * _ceil(job_size, _BATCH_ROWS) + _ceil(rest, _BATCH_ROWS)


def _ceil(count: int, size: int) -> int:
    return -(-count // size)


def left(name: str, allowances: Mapping[str, tuple[int, int]], quota_percent: int) -> int | None:
    """What may still be used of an allowance; None where Salesforce does not say.

    Args:
        name: Salesforce's name of it.
        allowances: Maximum and what remains, by that name.
        quota_percent: Share of the daily calls that may be used up in the end.
    """
    if name not in allowances:
        return None
    most, remaining = allowances[name]
    if name != CALLS:
        return remaining
    return max(0, remaining - most * (100 - quota_percent) // 100)
