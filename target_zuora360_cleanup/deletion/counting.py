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


def count_all_left(salesforce: Salesforce, steps: Sequence[Step]) -> dict[str, int]:
    """The same of many steps in few calls, by name; those that can't be counted are left out."""
    try:
        return _counted(salesforce, steps)
    except Exception as exc:  # noqa: BLE001 - what was known before may not be lost by it
        logger.warning("What is left could not be counted at the end (%s).", in_words(exc))
        return {}


def _counted(salesforce: Salesforce, steps: Sequence[Step]) -> dict[str, int]:
    answers = salesforce.rest.query_each([f"SELECT COUNT(Id) n {_rows(each)}" for each in steps])
    left: dict[str, int] = {}
    for step, answer in zip(steps, answers, strict=True):
        try:
            if isinstance(answer, ApiError):
                left[step.name] = _by_job(salesforce, step, answer)
            else:
                left[step.name] = int(answer[0]["n"])
        except (ApiError, JobFailed) as exc:
            logger.warning("%s: what is left could not be counted (%s).", step.name, exc)
    return left


def _by_job(salesforce: Salesforce, step: Step, error: ApiError) -> int:
    """Rows counted by a query job, where that was too much for a query.

    Raises:
        ApiError, JobFailed: It was refused for another reason, or the job is.
    """
    if not error.meaning.is_slow:
        raise error
    return count_by_job(salesforce, f"SELECT Id {_rows(step)}")


def _rows(step: Step) -> str:
    return f"FROM {step.name}" + (f" WHERE {step.kind.where}" if step.kind.where else "")
