"""What else a deletion would destroy: rows that Salesforce deletes with their Zuora parents. Pure.

The same promise as the cleanup's: only rows of the 360 packages go, unless the user has named an
object in `allow_cascade_to`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import BY_NAME, is_discoverable
from target_zuora360_cleanup.reach import Path, nature_of, soql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from target_zuora360_cleanup.reach import Lookups, Relationship


@dataclass(frozen=True)
class Hazard:
    """Rows of an object that would go with a row of another.

    Attributes:
        object: API name of what would lose rows.
        column: What names the row to be deleted, in a query of that object; None where no query can
            tell.
    """

    object: str
    column: str | None

    def query(self, ids: Sequence[str]) -> str:
        """The rows to be deleted that would take others along, of those with these ids."""
        listed = ", ".join(f"'{each}'" for each in ids)
        conditions = [f"{self.column} IN ({listed})", *soql.own_conditions(self.object)]
        return f"SELECT {self.column} FROM {self.object} WHERE {' AND '.join(conditions)}"


def hazards(
    name: str,
    relationships: Sequence[Relationship],
    lookups: Lookups,
    allowed: Collection[str] = (),
) -> tuple[Hazard, ...]:
    """What the deletion of a row of this object endangers.

    Args:
        name: API name.
        relationships: Of all objects that may go along.
        lookups: Of the objects that hang on them.
        allowed: Objects that may lose rows.
    """
    cascades = [each for each in relationships if each.on_delete == "cascade"]
    first = [Path((each,)) for each in cascades if each.parent == name]
    return tuple(
        Hazard(path.child, soql.root_id(path, lookups))
        for way in first
        for path in _below(way, cascades)
        if path.child not in allowed
    )


def _below(path: Path, cascades: Sequence[Relationship]) -> Iterator[Path]:
    """Ways over rows that are Zuora's to rows that are not."""
    if not goes_along(path.child):
        if nature_of(path.child) != "mark":
            yield path
    elif len(path.links) <= soql.LEVELS:
        for each in cascades:
            if each.parent == path.child:
                yield from _below(path.then(each), cascades)


def goes_along(name: str) -> bool:
    """Whether rows of this object are Zuora's, so that they may go with their parents."""
    return name != "Product2" and (name in BY_NAME or is_discoverable(name))
