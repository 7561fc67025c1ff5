"""Counts in the org what a deletion has left, since jobs that broke off don't say it."""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.deletion.pages import may_come_twice
from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.facts.counting import count_by_job
from target_zuora360_cleanup.salesforce.chosen import Chosen
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, soql_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

_BLOCK: Final = 5_000
_IDS: Final = 200
"""Rows that one query names."""


def count_left(salesforce: Salesforce, step: Step) -> int:
    """Rows of a step that are still in the org, and all kept ones, whether they are or not.

    Whoever takes the number of the kept ones off is left with those that should be gone.

    Raises:
        ApiError, JobFailed, requests.RequestException: Salesforce does not say.
    """
    gone = _kept_gone(salesforce, step)
    if may_come_twice(salesforce, step):
        return gone + _counted_once(salesforce, step)
    try:
        return gone + salesforce.rest.count(f"SELECT COUNT() {_rows(step)}")
    except ApiError as exc:
        return gone + _by_job(salesforce, step, exc)


def count_all_left(
    salesforce: Salesforce, steps: Sequence[Step], since: str = ""
) -> dict[str, int]:
    """The same of many steps in few calls, by name; those that can't be counted are left out.

    Args:
        salesforce: Where.
        steps: Which.
        since: Only rows created from this moment on, as SOQL writes it; blank for all.
    """
    try:
        return _counted(salesforce, steps, since)
    except Exception as exc:  # noqa: BLE001 - what was known before may not be lost by it
        logger.warning("What is left could not be counted at the end (%s).", in_words(exc))
        return {}


def _counted(salesforce: Salesforce, steps: Sequence[Step], since: str) -> dict[str, int]:
    once = [each for each in steps if not may_come_twice(salesforce, each)]
    answers = salesforce.rest.query_each(
        [f"SELECT COUNT(Id) n {_rows(each, since)}" for each in once]
    )
    told = dict(zip((each.name for each in once), answers, strict=True))
    left: dict[str, int] = {}
    for step in steps:
        answer = told.get(step.name)
        try:
            gone = 0 if since else _kept_gone(salesforce, step)
            if answer is None:
                left[step.name] = gone + _counted_once(salesforce, step, since)
            elif isinstance(answer, ApiError):
                left[step.name] = gone + _by_job(salesforce, step, answer, since)
            else:
                left[step.name] = gone + int(answer[0]["n"])
        except (ApiError, JobFailed) as exc:
            logger.warning("%s: what is left could not be counted (%s).", step.name, exc)
    return left


def _kept_gone(salesforce: Salesforce, step: Step) -> int:
    """How many of the rows that stay are there no more, or are no rows of the step any more.

    Raises:
        ApiError: Salesforce does not say.
    """
    ordered, found = sorted(step.kept), 0
    own = f" AND {step.kind.where}" if step.kind.where else ""
    queries = [
        f"SELECT Id FROM {step.name} WHERE Id IN ({', '.join(map(soql_text, part))}){own}"
        for part in (ordered[at : at + _IDS] for at in range(0, len(ordered), _IDS))
    ]
    for answer in salesforce.rest.query_each(queries):
        if isinstance(answer, ApiError):
            raise answer
        found += len(answer)
    return len(ordered) - found


def _counted_once(salesforce: Salesforce, step: Step, since: str = "") -> int:
    """Rows that may come with the queries of two accounts, each of them counted once.

    Raises:
        ApiError, JobFailed, requests.RequestException: Salesforce does not tell which they are.
    """
    seen = Chosen()
    rows = read_table(salesforce, Selection(step.name, ("Id",), _where(step, since), step.found))
    while block := list(islice(rows, _BLOCK)):
        seen.add(row[0] for row in block)
    return len(seen)


def _by_job(salesforce: Salesforce, step: Step, error: ApiError, since: str = "") -> int:
    """Rows counted by a query job, where that was too much for a query.

    Raises:
        ApiError, JobFailed: It was refused for another reason, or the job is.
    """
    if not error.meaning.is_slow:
        raise error
    return count_by_job(salesforce, f"SELECT Id {_rows(step, since)}")


def _rows(step: Step, since: str = "") -> str:
    where = _where(step, since)
    return f"FROM {step.name}" + (f" WHERE {where}" if where else "")


def _where(step: Step, since: str = "") -> str:
    created = f"CreatedDate >= {since}" if since else ""
    return " AND ".join(filter(None, (step.kind.where, created)))
