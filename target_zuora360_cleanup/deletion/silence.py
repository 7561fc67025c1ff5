"""Rows that are left although no job has said so: counted in the org, and named in the end.

What a job says of its rows may come late or have gaps, in its numbers as in its results.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.deletion.counting import count_left
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.rows.rounds import RoundFailures
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

NO_RESULT: Final = "NO_RESULT"
"""Our own code of a row that is there, although Salesforce has given no reason why."""
MOST_NAMED: Final = 100_000
"""Ids that memory holds at the most."""
_WORDS: Final = "it is still there, and Salesforce gives no reason"


def count_silent(salesforce: Salesforce, step: Step, failed: RoundFailures) -> int | None:
    """How many rows of a step are there although nothing is known to be wrong with them.

    None where the org does not tell either; then the count at the end of the run may.
    """
    try:
        left = count_left(salesforce, step)
    except (ApiError, JobFailed, RequestException) as exc:
        logger.info("%s: what is left could not be counted (%s).", step.name, exc)
        return None
    return max(0, left - len(step.kept) - failed.count)


def name_silent(salesforce: Salesforce, step: Step, failed: RoundFailures, silent: int) -> int:
    """Take such rows for failed; how many could not be named, since there are too many."""
    rows = counted(silent, "row that is left", "rows that are left")
    logger.warning("%s: Salesforce gives no reason for %s.", step.name, rows)
    if failed.count + silent > MOST_NAMED:
        return silent
    known = step.kept | failed.ids()
    try:
        ids = [row[0] for row in read_table(salesforce, _ids(step, len(known) + silent))]
    except (ApiError, JobFailed, RequestException) as exc:
        logger.warning("%s: these rows could not be named (%s).", step.name, exc)
        return silent
    named = list(islice(_errors(ids, known), silent))
    failed.add(named)
    return silent - len(named)


def _ids(step: Step, rows: int) -> Selection:
    return Selection(step.name, ("Id",), step.kind.where, rows)


def _errors(ids: list[str], known: frozenset[str]) -> Iterator[RowError]:
    return (without_result(each) for each in ids if each not in known)


def without_result(row_id: str) -> RowError:
    """The error of a row of which no result says anything."""
    return RowError(row_id, NO_RESULT, _WORDS)
