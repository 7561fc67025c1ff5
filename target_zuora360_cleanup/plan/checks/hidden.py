"""What the org's metadata has, and no describe shows this user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.checks.sight import unless_allowed
from target_zuora360_cleanup.plan.counts import rows_of
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding, Severity
    from target_zuora360_cleanup.reach import Relationship

HIDDEN_LOOKUPS: Final = Code(
    "relationships-hidden",
    "blocks",
    "the org's metadata has relationships into what is deleted that no describe shows this user",
    "give Read on these objects and fields; or, where none of it is destroyed, set "
    "`allow_hidden_rows`",
    setting="allow_hidden_rows",
    otherwise=("warns",),
)
HIDDEN_FIELDS: Final = Code(
    "fields-hidden",
    "blocks",
    "people have added fields to what is deleted that no describe shows this user: what is filled "
    "there would be in no file",
    "give Read on these fields, or set `allow_hidden_rows` if nothing in them matters",
    setting="allow_hidden_rows",
    otherwise=("warns",),
)
NOT_COMPARED: Final = Code(
    "relationships-not-checked",
    "blocks",
    "the org's metadata could not be asked for relationships and fields that are hidden from this "
    "user",
    "give View Setup and Configuration, or set `allow_hidden_rows`",
    setting="allow_hidden_rows",
    otherwise=("warns",),
)


@check(HIDDEN_LOOKUPS)
def hidden_lookups(weighed: Weighed) -> Iterator[Finding]:
    """Relationships that the user's rights keep out of what describes show."""
    match weighed.facts.hidden:
        case Known(hidden) if hidden:
            yield _hidden_lookups(hidden, unless_allowed(weighed))
        case Known() | Unknown():
            pass  # (`relationships-not-checked` tells what is unknown)


def _hidden_lookups(hidden: Sequence[Relationship], severity: Severity) -> Finding:
    """No setting allows rows to be destroyed that can be neither counted nor backed up."""
    names = ", ".join(f"{each.name} to {each.parent} ({each.on_delete})" for each in hidden)
    is_destroyed = any(each.on_delete == "cascade" for each in hidden)
    return HIDDEN_LOOKUPS.found(
        f"The org has {counted(len(hidden), 'relationship')} that this user does not see: {names}. "
        + (
            "Rows would be destroyed with their parents that nobody here can count or back up."
            if is_destroyed
            else "Their rows could lose a link, or hold a record, without being counted."
        ),
        "Give the user Read on these objects and fields."
        if is_destroyed
        else "Give the user Read on these objects and fields, or, if you know what is hidden, set "
        "allow_hidden_rows.",
        tuple((each.name, 0) for each in hidden),
        "blocks" if is_destroyed else severity,
        After(
            f"The org has {counted(len(hidden), 'relationship')} that this user does not see: "
            f"{names}. Their rows may have lost a link without being counted.",
            "Look as a user who has Read on these objects and fields.",
        ),
    )


@check(HIDDEN_FIELDS)
def hidden_fields(weighed: Weighed) -> Iterator[Finding]:
    """Fields of people's own that the user's rights keep out of what describes show."""
    match weighed.facts.hidden_fields:
        case Known(fields) if fields:
            yield _hidden_fields(fields, unless_allowed(weighed))
        case Known() | Unknown():
            pass  # (`relationships-not-checked` tells what is unknown)


def _hidden_fields(fields: Sequence[str], severity: Severity) -> Finding:
    the_org_has = (
        f"The org has {counted(len(fields), 'field')} of people's own on what is deleted that this "
        f"user does not see: {listed(fields)}."
    )
    objects = dict.fromkeys(each.partition(".")[0] for each in fields)
    return HIDDEN_FIELDS.found(
        f"{the_org_has} Values there would go with their records, and be in no file.",
        "Give the user Read on these fields, or, if nothing in them matters, set "
        "allow_hidden_rows.",
        tuple((each, 0) for each in fields),
        severity,
        After(
            f"{the_org_has} Values there went with their records, and are in no file.",
            "Ask those who work with the records what was in these fields.",
            types=tuple(objects),
        ),
    )


@check(NOT_COMPARED)
def not_compared(weighed: Weighed) -> Iterator[Finding]:
    """Whether the metadata could be asked for what is hidden."""
    facts = weighed.facts
    told = (facts.hidden, facts.hidden_fields)
    reasons = dict.fromkeys(each.why for each in told if isinstance(each, Unknown))
    if reasons and any(rows_of(each) for each in facts.objects):
        yield NOT_COMPARED.found(
            "Whether objects, lookups or fields are hidden from this user could not be checked by "
            f"the org's metadata ({'; '.join(reasons)}).",
            "Give the user the permission View Setup and Configuration, or, if you know that "
            "nothing is hidden, set allow_hidden_rows.",
            severity=unless_allowed(weighed),
        )
