"""What the user may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import named_rows
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

_REMEDY: Final = "give the user the package's permission set with Read, Delete and Modify All"
NOT_DELETE: Final = Code(
    "may-not-delete", "blocks", "the user lacks Delete on an object type", _REMEDY
)
NOT_READ: Final = Code("may-not-read", "blocks", "the user lacks Read on an object type", _REMEDY)
NOT_HARD_DELETE: Final = Code(
    "may-not-hard-delete",
    "blocks",
    "`hard_delete` without the permission Bulk API Hard Delete",
    "give it, or switch `hard_delete` off",
)


@check(NOT_DELETE, NOT_READ)
def access(weighed: Weighed) -> Iterator[Finding]:
    """Whether the user may read and delete each object type."""
    objects = weighed.facts.objects
    yield from _lacking(NOT_DELETE, "delete", [each for each in objects if not each.deletable])
    for each in objects:
        match each.found:
            case Unknown(why):
                yield from _lacking(NOT_READ, "read", [each], f" ({why})")
            case Known():
                pass


def _lacking(
    code: Code, right: str, objects: Sequence[ObjectFacts], why: str = ""
) -> Iterator[Finding]:
    if objects:
        names = ", ".join(each.kind.api_name for each in objects)
        yield code.found(
            f"The user may not {right} {names}{why}.",
            "Give the user the package's permission set with Read, Delete and Modify All on "
            "these objects.",
            named_rows(iter(objects)),
        )


@check(NOT_HARD_DELETE)
def hard_delete(weighed: Weighed) -> Iterator[Finding]:
    """A permission that nobody has by default (Bulk API Hard Delete)."""
    if not weighed.settings.hard_delete:
        return
    match weighed.facts.conditions.may_hard_delete:
        case Known(False):
            yield NOT_HARD_DELETE.found(
                "hard_delete is set, but the user lacks the permission Bulk API Hard Delete.",
                "Give it to the user in a permission set, or switch hard_delete off.",
            )
        case Unknown(why):
            yield NOT_HARD_DELETE.found(
                "hard_delete is set, and whether the user has the permission Bulk API Hard Delete "
                f"could not be read ({why}).",
                "Give it to the user in a permission set, or switch hard_delete off.",
            )
        case Known():
            pass
