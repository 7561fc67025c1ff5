"""Counts in the org what a deletion has left, since jobs that broke off don't say it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.salesforce.errors import ApiError

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
    return salesforce.rest.count(f"SELECT COUNT() {_rows(step)}")


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
        if isinstance(answer, ApiError):
            logger.warning("%s: what is left could not be counted (%s).", step.name, answer)
        else:
            left[step.name] = int(answer[0]["n"])
    return left


def _rows(step: Step) -> str:
    return f"FROM {step.name}" + (f" WHERE {step.kind.where}" if step.kind.where else "")
