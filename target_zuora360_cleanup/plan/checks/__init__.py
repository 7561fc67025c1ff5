"""Everything that is weighed before a cleanup: the registry of checks, and what they find together.

Each module holds the checks of one topic with the codes of their findings. A new check stands in
one of them and in `tests/plan/cases.py`, where each code has a case with it and one without. What
the holders of bookmarks find has its codes in the room `state`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.plan.check import Check, Weighed, checks_in
from target_zuora360_cleanup.plan.checks import (
    accounts,
    activity,
    amount,
    approval,
    capacity,
    coming_back,
    hidden,
    identity,
    junctions,
    lookups,
    outsiders,
    own_values,
    prices,
    quotes,
    rights,
    sight,
)
from target_zuora360_cleanup.plan.finding import by_severity

if TYPE_CHECKING:
    from target_zuora360_cleanup.plan.finding import Code, Finding

__all__ = ["CHECKS", "CODES", "find_all"]

_TOPICS: Final = (
    identity, accounts, amount, rights, outsiders, lookups, prices, junctions, own_values, activity,
    quotes, sight, hidden, capacity, coming_back, approval,
)  # fmt: skip

CHECKS: Final[tuple[Check, ...]] = tuple(each for topic in _TOPICS for each in checks_in(topic))
"""All checks, in the order in which their findings are told."""

CODES: Final[tuple[Code, ...]] = tuple(code for each in CHECKS for code in each.codes)
"""All that they may find."""


def find_all(weighed: Weighed) -> tuple[Finding, ...]:
    """Every finding, those that block first.

    All are gathered before anything is refused, so that a user sees the whole list at once.
    """
    return by_severity(finding for each in CHECKS for finding in each.find(weighed))
