"""What a deletion takes along: rows that Salesforce deletes with their Zuora parents. Pure.

The same promise as the cleanup's: only rows of the 360 packages go, unless the user has named an
object in `allow_cascade_to`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import BY_NAME, is_discoverable, of_package
from target_zuora360_cleanup.reach import nature_of, soql

if TYPE_CHECKING:
    from target_zuora360_cleanup.reach import Relationship


@dataclass(frozen=True)
class Hazard:
    """Rows that a deletion would take along, or might.

    Attributes:
        object: API name of what would lose them.
        refusal: Why nobody can tell whether there are any; blank where there are.
    """

    object: str
    refusal: str = ""

    @property
    def words(self) -> str:
        """What it means, and what to do."""
        would = f"might be deleted with it ({self.refusal})" if self.refusal else ""
        would = would or "would be deleted with it"
        return f"rows of {self.object} {would}; {self._remedy}"

    @property
    def _remedy(self) -> str:
        if of_package(self.object):
            if self.refusal:
                return f"give the user Read on {self.object}"
            return "if they may be, delete them first: no sync brings them back"
        allow = f"if they may be, name {self.object} in allow_cascade_to"
        return f"{allow} and give the user Read on it" if self.refusal else allow


@dataclass(frozen=True)
class Cascades:
    """By which fields rows go along.

    Attributes:
        below: The relationships, by API name of the parent.
        may_go: Objects whose rows may go along, and of which it is known what hangs on them.
    """

    below: Mapping[str, Sequence[Relationship]]
    may_go: frozenset[str]

    @classmethod
    def of(
        cls,
        relationships: Sequence[Relationship],
        described: Collection[str],
        allowed: Collection[str] = (),
    ) -> Cascades:
        """Leave out mere marks, such as who follows a record.

        Args:
            relationships: Those into the objects that are described.
            described: Objects whose relationships these are; of any other nobody knows what hangs
                on its rows.
            allowed: Objects that may lose rows.
        """
        cascades = [
            each
            for each in relationships
            if each.on_delete == "cascade" and nature_of(each.child) != "mark"
        ]
        may_go = frozenset({each for each in described if goes_along(each) or each in allowed})
        below: dict[str, list[Relationship]] = {}
        for each in cascades:
            below.setdefault(each.parent, []).append(each)
        return cls(below, may_go)


def goes_along(name: str) -> bool:
    """Whether rows of this object are Zuora's, so that they may go with their parents."""
    return name != "Product2" and (name in BY_NAME or is_discoverable(name))


def question(relationship: Relationship, ids: Sequence[str]) -> str:
    """A query for the rows that hang on these by a lookup, whatever else that may lead to."""
    condition = hang_on(relationship, ids)
    return f"SELECT Id, {relationship.field} FROM {relationship.child} WHERE {condition}"


def hang_on(relationship: Relationship, ids: Sequence[str]) -> str:
    """The condition for rows that hang on these by a lookup."""
    listed = ", ".join(f"'{each}'" for each in ids)
    own = soql.own_conditions(relationship.child)
    return " AND ".join([f"{relationship.field} IN ({listed})", *own])
