"""Whether the user still sees the rows that were seen when the plan was made.

No count tells of rows that sharing hides: they seem to be gone, and go along with what they hang on
without being backed up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_zuora360_cleanup.facts.conditions import RIGHTS, read_rights, tells_of_all
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.listing import listed

if TYPE_CHECKING:
    from target_zuora360_cleanup.facts.counting import Rows
    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.salesforce.errors import ApiError
    from target_zuora360_cleanup.settings.declared import Settings


@dataclass(frozen=True)
class Sight:
    """What the user saw of an org. Safe for several threads.

    Attributes:
        salesforce: Where.
        saw_all: Whether it was every row of all objects.
        viewed: Else the objects of which it was every row.
        may_be_less: Whether the settings say to go on whatever is hidden.
    """

    salesforce: Salesforce
    saw_all: bool
    viewed: frozenset[str]
    may_be_less: bool

    @classmethod
    def of(cls, salesforce: Salesforce, plan: Plan, settings: Settings) -> Sight:
        """That of a plan."""
        saw_all = any(plan.permissions.get(each) for each in ("View All Data", "Modify All Data"))
        return cls(salesforce, saw_all, plan.viewed, settings.allow_hidden_rows)

    @property
    def queries(self) -> tuple[str, ...]:
        """What `lost` may be given the answer to, where other things are asked anyway."""
        return () if self.may_be_less else (RIGHTS,)

    def lost(self, told: Rows | ApiError | None = None) -> str:
        """Why rows may be hidden that were seen, without a full stop; blank where none are.

        Args:
            told: The answer to the query of `queries`; it is asked where there is none.

        Raises:
            ApiError, requests.RequestException: Salesforce does not tell.
        """
        if self.may_be_less or (told is not None and tells_of_all(told)):
            return ""
        now = read_rights(self.salesforce)
        if now.sees_all:
            return ""
        if self.saw_all:
            return _why_not_all(now.may_view_all)
        less = self.viewed - now.viewed_objects.or_else(frozenset[str]())
        return f"this user may not see every row of {listed(sorted(less))} any more" if less else ""


def _why_not_all(may_view_all: Fact[bool]) -> str:
    match may_view_all:
        case Unknown(why):
            return f"whether this user still has View All Data is not known ({why})"
        case Known():
            return "this user has neither View All Data nor Modify All Data any more"
