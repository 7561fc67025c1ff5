"""Rows that only join a record to something else: a user, a topic, a file. Pure.

Salesforce deletes them with the record, and leads none of them to another one; but a row that says
the same can be made again. (Object Reference: EntitySubscription, TopicAssignment,
ContentDocumentLink, with the fields that `create()` takes. A file stays when a record that it is
linked to goes: its owner has a link of their own, which nobody can delete.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from target_zuora360_cleanup.reach.paths import Path


@dataclass(frozen=True)
class Junction:
    """An object of such rows.

    Attributes:
        name: API name.
        parent: The field that leads to the record.
        other: The fields that tell to what it is joined; a record has each such row once.
        more: What else is given to a new row.
    """

    name: str
    parent: str
    other: tuple[str, ...]
    more: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All but the one that leads to the record."""
        return self.other + self.more


JUNCTIONS: Final = {
    each.name: each
    for each in (
        Junction("EntitySubscription", "ParentId", ("SubscriberId", "NetworkId")),
        Junction("TopicAssignment", "EntityId", ("TopicId", "NetworkId")),
        Junction(
            "ContentDocumentLink",
            "LinkedEntityId",
            ("ContentDocumentId",),
            ("ShareType", "Visibility"),
        ),
    )
}
"""By API name."""


def junction_at(path: Path) -> Junction | None:
    """The object at the end of a path, where its rows join a record that is deleted to others."""
    found = JUNCTIONS.get(path.child)
    return found if found and path.field == found.parent and len(path.links) == 1 else None
