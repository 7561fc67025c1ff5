"""What of a cleanup could be taken back from the recycle bin. Pure.

Children go before their parents. A detail that is deleted before its master is destroyed when its
master goes (help 000386040, "Unable to Restore a Deleted Salesforce Record"), and so is a row whose
lookup had forbidden the deletion of what goes now ("Lookup Relationships" of the help).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from target_zuora360_cleanup.plan.plan import Plan

BIN_DAYS: Final = 15
"""For which the recycle bin keeps a record ("Recycle Bin" of Salesforce's help)."""


def destroyed(plan: Plan) -> tuple[str, ...]:
    """API names of the object types of which rows leave the recycle bin with their parents."""
    goes = {step.name for step in plan.steps if step.to_delete}
    details = {(step.name, field) for step in plan.steps for field in step.facts.masters}
    lost = {
        each.child
        for step in plan.steps
        if step.name in goes
        for each in step.seen
        if each.child in goes
        and (each.on_delete == "restrict" or (each.child, each.field) in details)
    }
    return tuple(step.name for step in plan.steps if step.name in lost)
