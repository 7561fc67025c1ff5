"""Counts in the org what a deletion has left, since jobs that broke off don't say it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.facts.counting import count_by_job
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)


def count_left(salesforce: Salesforce, step: Step) -> int:
    """Rows of a step that are still in the org, the kept ones included.

    Raises:
        ApiError, requests.RequestException: Salesforce does not say.
    """
    try:
        return salesforce.rest.count(f"SELECT COUNT() {_rows(step)}")
    except ApiError as exc:
        return _by_job(salesforce, step, exc)


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
    counts = [f"SELECT COUNT(Id) n {_rows(each, since)}" for each in steps]
    answers = salesforce.rest.query_each(counts)
    left: dict[str, int] = {}
    for step, answer in zip(steps, answers, strict=True):
        try:
            if isinstance(answer, ApiError):
                left[step.name] = _by_job(salesforce, step, answer, since)
            else:
                left[step.name] = int(answer[0]["n"])
        except (ApiError, JobFailed) as exc:
            logger.warning("%s: what is left could not be counted (%s).", step.name, exc)
    return left


def _by_job(salesforce: Salesforce, step: Step, error: ApiError, since: str = "") -> int:
    """Rows counted by a query job, where that was too much for a query.

    Raises:
        ApiError, JobFailed: It was refused for another reason, or the job is.
    """
    if not error.meaning.is_slow:
        raise error
    return count_by_job(salesforce, f"SELECT Id {_rows(step, since)}")


def _rows(step: Step, since: str = "") -> str:
    created = f"CreatedDate >= {since}" if since else ""
    where = " AND ".join(filter(None, (step.kind.where, created)))
    return f"FROM {step.name}" + (f" WHERE {where}" if where else "")
