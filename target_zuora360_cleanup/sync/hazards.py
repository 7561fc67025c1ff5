"""What else a deletion would destroy: rows that Salesforce deletes with their Zuora parents. Pure.

The same promise as the cleanup's: only rows of the 360 packages go, unless the user has named an
object in `allow_cascade_to`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import BY_NAME, is_discoverable
from target_zuora360_cleanup.facts.relationships import relationship_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from target_zuora360_cleanup.facts.relationships import Relationship

LONGEST: Final = 5
"""Relationships that one SOQL path may follow (SOQL and SOSL Reference, "Relationship Queries")."""


@dataclass(frozen=True)
class Hazard:
    """Rows of an object that would go with a row of another.

    Attributes:
        object: API name of what would lose rows.
        fields: Lookups from there to the row to be deleted, each from the one before.
    """

    object: str
    fields: tuple[str, ...]

    def path(self, key: str) -> str:
        """The key of the row to be deleted, as a query of the endangered object names it."""
        return ".".join((*map(relationship_name, self.fields), key))


def hazards(
    name: str, relationships: Sequence[Relationship], allowed: Collection[str] = ()
) -> tuple[Hazard, ...]:
    """What the deletion of a row of this object endangers.

    Args:
        name: API name.
        relationships: Of all objects that may go along.
        allowed: Objects that may lose rows.
    """
    cascades = [each for each in relationships if each.on_delete == "cascade"]
    return tuple(each for each in _below(name, (), cascades) if each.object not in allowed)


def _below(
    name: str, fields: tuple[str, ...], cascades: Sequence[Relationship]
) -> Iterator[Hazard]:
    for each in cascades:
        if each.parent != name or len(fields) > LONGEST:
            continue
        path = (each.field, *fields)
        if goes_along(each.child):
            yield from _below(each.child, path, cascades)
        else:
            yield Hazard(each.child, path)


def goes_along(name: str) -> bool:
    """Whether rows of this object are Zuora's, so that they may go with their parents."""
    return name != "Product2" and (name in BY_NAME or is_discoverable(name))
