"""What the org can take: its recycle bin and its daily allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.allowances import needs_of
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import rows_of, to_delete
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.facts.org_facts import OrgConditions
    from target_zuora360_cleanup.plan.allowances import Need
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

_PER_MB: Final = 25
"""Records that the recycle bin holds for each MB of storage (help, "Recycle Bin")."""
_STORAGE: Final = "DataStorageMB"
BIN_TOO_SMALL: Final = Code(
    "recycle-bin-too-small",
    "warns",
    "more soft deletes than the recycle bin holds: no safety net",
    "keep a `full` backup, or use `hard_delete`",
)
ALLOWANCES_UNKNOWN: Final = Code(
    "allowances-unknown",
    "warns",
    "what is left of the daily allowances could not be read",
    "give View Setup and Configuration, or look at Setup, Company Information",
)
ALLOWANCE_TOO_SMALL: Final = Code(
    "allowance-too-small",
    "blocks",
    "the org's daily allowances will not do",
    "wait for the next 24 hours, or clean fewer objects at a time",
)


@check(BIN_TOO_SMALL)
def recycle_bin(weighed: Weighed) -> Iterator[Finding]:
    """Whether the recycle bin holds what is deleted."""
    total = sum(rows_of(each) for each in weighed.facts.objects)
    held = None if weighed.settings.hard_delete else _bin(weighed.facts.conditions)
    if held is not None and total > held:
        deletes = counted(total, "soft delete is", "soft deletes are")
        yield BIN_TOO_SMALL.found(
            f"The recycle bin holds some {counted(held, 'record')} of this org: "
            f"{deletes} no safety net, since the oldest are purged after hours.",
            "Keep a backup ('full' if the next sync may not bring everything back), or use "
            "hard_delete, which is faster.",
            after=After(
                f"The recycle bin holds some {counted(held, 'record')} of this org, fewer than "
                "there were to delete: the oldest of those deleted are purged after hours.",
                "Take it back at once, if at all.",
            ),
        )


def _unknown(weighed: Weighed, needs: Iterable[Need]) -> str:
    """Why nothing is known, or the names of which Salesforce says nothing; blank where it does."""
    if not any(to_delete(weighed.facts).values()):
        return ""
    match weighed.facts.conditions.allowances:
        case Unknown(why):
            return why
        case Known(allowances):
            has_bin = _STORAGE in allowances or weighed.settings.hard_delete
            names = [*([] if has_bin else [_STORAGE]), *(n.name for n in needs if n.left is None)]
            return f"Salesforce does not name {', '.join(names)}" if names else ""


def _bin(conditions: OrgConditions) -> int | None:
    """Records that the recycle bin holds; None where nothing is said of it."""
    match conditions.allowances:
        case Known(allowances) if _STORAGE in allowances:
            return allowances[_STORAGE][0] * _PER_MB
        case Known() | Unknown():
            return None  # (`allowances-unknown` tells it)


@check(ALLOWANCES_UNKNOWN, ALLOWANCE_TOO_SMALL)
def allowances(weighed: Weighed) -> Iterator[Finding]:
    """Whether the daily allowances will do."""
    needs = needs_of(weighed.facts, weighed.settings)
    if unknown := _unknown(weighed, needs):
        yield ALLOWANCES_UNKNOWN.found(
            f"What is left of the org's daily allowances could not be read: {unknown}.",
            "Give the user the permission View Setup and Configuration, or look at Setup, "
            "Company Information.",
        )
    for need in (each for each in needs if each.left is not None and not each.is_met):
        yield ALLOWANCE_TOO_SMALL.found(
            f"The cleanup needs about {need.needed:,} of {need.name}, but "
            f"{counted(need.left, 'is', 'are')} left today.",
            "Wait for the allowance of the next 24 hours, clean fewer objects at a time, or raise "
            "quota_percent_total if it concerns API requests.",
        )
