"""What can't be seen, and so may be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import rows_of
from target_zuora360_cleanup.plan.finding import After, Code
from target_zuora360_cleanup.reach import is_kept_by_salesforce, nature_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.facts.org_facts import OrgConditions, OrgFacts
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding, Severity

_HIDDEN_SHARE: Final = 0.1
_HIDDEN_LEAST: Final = 50
HIDDEN: Final = Code(
    "rows-may-be-hidden",
    "warns",
    "Salesforce counts clearly more rows than this user sees",
    "give View All and Modify All on the 360 objects",
)
NOT_ALL: Final = Code(
    "cannot-see-everything",
    "blocks",
    "the user has neither View All Data nor Modify All Data, nor View All on each object concerned",
    "give View All Data, or set `allow_hidden_rows` if you know what is hidden",
    setting="allow_hidden_rows",
    otherwise=("warns",),
)
NOT_SEEN: Final = Code(
    "objects-not-seen",
    "tells",
    "object types that are not in the org, or not shown to this user",
    "if the package has them, give Read and Delete",
)
SYNC_NOT_CHECKED: Final = Code(
    "sync-not-checked",
    "blocks",
    "whether a 360 sync runs could not be read",
    "give the user Read, or see to it yourself",
    setting="ignore_running_sync",
    otherwise=("warns",),
)
NOT_CHECKED: Final = Code(
    "not-checked",
    "warns",
    "what else Salesforce would not tell, and why",
    "give View Setup and Configuration, or look yourself",
)


@check(HIDDEN)
def hidden_rows(weighed: Weighed) -> Iterator[Finding]:
    """Rows that sharing hides from this user, which would be left behind."""
    hidden = tuple(_hidden(weighed.facts))
    if hidden:
        total = sum(rows for _, rows in hidden)
        yield HIDDEN.found(
            f"Salesforce counts {counted(total, 'row')} more than this user can see; what is "
            "hidden would stay behind. (Its count may be some days old.)",
            "Give the user View All and Modify All on the 360 objects.",
            hidden,
            after=After(
                f"Salesforce counted {counted(total, 'row')} more than this user could see; what "
                "is hidden may have stayed behind. (Its count may have been some days old.)",
                "Give the user View All and Modify All on the 360 objects, and run it again.",
            ),
        )


def _hidden(facts: OrgFacts) -> Iterator[tuple[str, int]]:
    """How many more rows of an object there are, as (object, rows)."""
    if facts.conditions.sees_all:
        return
    match facts.conditions.record_counts:
        case Unknown():
            return  # (`not-checked` tells it)
        case Known(counts):
            pass
    for each in facts.objects:
        # What Salesforce has not counted says nothing of what is hidden.
        counted = counts.get(each.kind.api_name)
        if counted is not None and not each.kind.where:
            more = counted - rows_of(each)
            if more > _HIDDEN_LEAST and more > rows_of(each) * _HIDDEN_SHARE:
                yield each.kind.api_name, more


@check(NOT_ALL)
def rights(weighed: Weighed) -> Iterator[Finding]:
    """Whether rows may be there that this user does not see."""
    conditions = weighed.facts.conditions
    if conditions.sees_all or not (limited := tuple(_limited(weighed.facts))):
        return
    told = (conditions.may_view_all, conditions.may_modify_all, conditions.viewed_objects)
    reasons = dict.fromkeys(each.why for each in told if isinstance(each, Unknown))
    why = f" (not known: {'; '.join(reasons)})" if reasons else ""
    yield NOT_ALL.found(
        f"The user has neither View All Data nor Modify All Data{why}: rows that sharing hides "
        "could go along, lose a link, or stay behind without being counted.",
        "Give the user the permission View All Data, or View All on each of these objects; or, if "
        "you know what is hidden, set allow_hidden_rows.",
        limited,
        unless_allowed(weighed),
        After(
            f"The user has neither View All Data nor Modify All Data{why}: rows that sharing hides "
            "may have gone along, lost a link, or stayed behind without being counted.",
            "Look as a user who has View All Data.",
        ),
    )


def unless_allowed(weighed: Weighed) -> Severity:
    """What blocks unless the user says that it is known what is hidden."""
    return "warns" if weighed.settings.allow_hidden_rows else "blocks"


def _limited(facts: OrgFacts) -> Iterator[tuple[str, int]]:
    """Objects of which this user may not see every row, as far as that is known, with what is seen.

    Rows of all that have a lookup to what is deleted or taken along matter, also where none is
    seen; where no billing account is chosen, those accounts.
    """
    viewed = facts.conditions.viewed_objects.or_else(frozenset())
    seen = {each.kind.api_name: rows_of(each) for each in facts.objects}
    if facts.accounts and not facts.accounts.chosen:
        seen[BILLING_ACCOUNT] = 0
    children = {each.child for each in facts.relationships}
    children |= {each.child for each in facts.reach} | {name for name, _ in facts.lookups}
    for name in (*seen, *sorted(children - seen.keys())):
        ours = nature_of(name) != "mark" and not is_kept_by_salesforce(name, None)
        if name not in viewed and ours:
            yield name, seen.get(name, 0)


@check(NOT_SEEN)
def unseen(weighed: Weighed) -> Iterator[Finding]:
    """Object types that stay as they are because nobody can tell that they are there."""
    if names := weighed.facts.unseen:
        yield NOT_SEEN.found(
            f"Not in the org, or not shown to this user: {', '.join(names)}.",
            "If the installed package has them, give the user Read and Delete on them.",
        )


@check(SYNC_NOT_CHECKED)
def unchecked_syncs(weighed: Weighed) -> Iterator[Finding]:
    """Syncs that may run without anybody knowing."""
    if unknown := _unknown(weighed.facts.conditions.running_syncs):
        yield SYNC_NOT_CHECKED.found(
            f"Whether a 360 sync runs could not be checked: {_reasons(unknown)}.",
            "Give the user Read on these objects, or see to it yourself that no sync runs and set "
            "ignore_running_sync.",
            severity="warns" if weighed.settings.ignore_running_sync else "blocks",
        )


@check(NOT_CHECKED)
def refused(weighed: Weighed) -> Iterator[Finding]:
    """What could not be checked, but for what has a finding of its own."""
    if not weighed.facts.objects:
        return  # (nothing was asked: `no-360-objects` tells it)
    facts = _without_own_finding(weighed.facts.conditions)
    if others := {name: each for name, each in _unknown(facts).items() if _is_told(name, each)}:
        yield NOT_CHECKED.found(
            f"Some things could not be checked: {_reasons(others)}.",
            "Give the user the permission View Setup and Configuration, or check them yourself.",
        )


def _is_told(name: str, each: Unknown) -> bool:
    """What an org need not have is no gap; what the user may do, everybody's org can say."""
    return each.is_refused or name == "rights"


def _without_own_finding(conditions: OrgConditions) -> dict[str, Fact[object]]:
    """The facts whose absence no other check tells, by what a person calls them."""
    facts: dict[str, Fact[object]] = {
        "triggers": conditions.triggers,
        # (the user's two rights come from one query)
        "rights": conditions.may_modify_all,
        "user": conditions.user,
        "Zuora Config": conditions.config_version,
        "scheduled syncs": conditions.scheduled_syncs,
    }
    if not conditions.sees_all:
        # Of whoever sees all nothing is hidden that a count would show.
        facts["record counts"] = conditions.record_counts
    return facts


def _unknown(facts: Mapping[str, Fact[object]]) -> dict[str, Unknown]:
    return {name: each for name, each in facts.items() if isinstance(each, Unknown)}


def _reasons(unknown: Mapping[str, Unknown]) -> str:
    return "; ".join(f"{what} ({each.why})" for what, each in unknown.items())
