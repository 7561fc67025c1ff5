"""What people had added to Zuora's records, row by row, as a client of Salesforce sees it.

A row is known by its content and the Zuora id of the record that it leads to: one counts as there
again only where both are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.demo.image import Org

PARENTS = {
    "accounts": (
        "Zuora__CustomerAccount__c", "Zuora__Subscription__c", "Zuora__ZInvoice__c",
    ),
    "catalogue": ("Product2", "zqu__ProductRatePlan__c"),
}  # fmt: skip
"""Object types of each group that people have added something to."""
LOOKUPS = "Lookups of theirs and of quotes"


class Kind(NamedTuple):
    """Rows that hang on Zuora's records.

    Attributes:
        field: The lookup, by group where groups have one each.
        content: What tells one row from another.
    """

    title: str
    name: str
    field: str | Mapping[str, str]
    content: tuple[str, ...]


KINDS = (
    Kind("Tasks", "Task", "WhatId", ("Subject",)),
    Kind("Events", "Event", "WhatId", ("Subject",)),
    Kind(
        "Rows behind cascading lookups", "Call__c",
        {"accounts": "Subscription__c", "catalogue": "Rate_Plan__c"}, ("Id", "Name"),
    ),
    Kind("Follows", "EntitySubscription", "ParentId", ("SubscriberId",)),
    Kind("Topics", "TopicAssignment", "EntityId", ("TopicId",)),
    Kind(
        "Files", "ContentDocumentLink", "LinkedEntityId",
        ("ContentDocumentId", "ShareType", "Visibility"),
    ),
    Kind("Notes", "Note", "ParentId", ("Title", "Body")),
    Kind("Attachments", "Attachment", "ParentId", ("Name", "BodyLength")),
)  # fmt: skip
VALUES = "Values of their own fields"
OWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "accounts": {"Zuora__Subscription__c": ("Region__c", "Success_Manager__c")},
    "catalogue": {"Product2": ("Family",), "zqu__ProductRatePlan__c": ("Audience__c",)},
}
"""Fields that people fill, by group and object type."""
GOING = frozenset({"Note", "Attachment"})
"""Their parent can't be changed: they go where the settings let them, and are in the backup."""
Seen = dict[tuple[str, str], frozenset[tuple[Any, ...]]]
"""Rows by their kind and the group."""


@dataclass(frozen=True)
class Added:
    """Looks at what people had added.

    Attributes:
        org: Where.
        lookups: Plain lookups that lead to Zuora's records, as `Object.Field`.
    """

    org: Org
    lookups: Iterable[str]

    def look(self) -> Seen:
        """What is there now."""
        found: Seen = {}
        for group, parents in PARENTS.items():
            keys = {name: self.org.keys(name) for name in parents}
            for kind in KINDS:
                rows = (row for name in parents for row in self._hanging(kind, group, keys[name]))
                found[kind.title, group] = frozenset(rows)
            found[VALUES, group] = frozenset(self._values(OWN[group]))
        found |= {(LOOKUPS, group): frozenset(rows) for group, rows in self._led().items()}
        return found

    def _hanging(
        self, kind: Kind, group: str, keys: Mapping[str, str]
    ) -> Iterator[tuple[Any, ...]]:
        field = kind.field if isinstance(kind.field, str) else kind.field[group]
        rows = self.org.hanging(kind.name, field, kind.content, keys)
        return ((keys[parent], *content) for parent, *content in rows)

    def _values(self, own: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[Any, ...]]:
        for name, fields in own.items():
            for field in fields:
                yield from self.org.filled_with(name, field)

    def _led(self) -> dict[str, set[tuple[Any, ...]]]:
        found: dict[str, set[tuple[Any, ...]]] = {group: set() for group in PARENTS}
        for lookup in self.lookups:
            name, field = lookup.split(".")
            parent, rows = self.org.led(name, field)
            group = "accounts" if parent.startswith("Zuora__") else "catalogue"
            found[group] |= {(lookup, *row) for row in rows}
        return found


def lines(
    first: Seen, cleaned: Seen, relinked: Seen, gone: Mapping[str, int]
) -> Iterator[tuple[object, ...]]:
    """A line for each kind: of each group how many there were, and of these are; what went.

    Args:
        first: What there was.
        cleaned: After the cleanup.
        relinked: After the relink.
        gone: How many rows went with permission, by object.
    """
    names = {kind.title: kind.name for kind in KINDS}
    for title in (LOOKUPS, *names, VALUES):
        of_groups = (
            len(first[title, group] & seen[title, group])
            for group in PARENTS
            for seen in (first, cleaned, relinked)
        )
        in_backup = gone.get(names[title], 0) if names.get(title) in GOING else None
        yield title, *of_groups, in_backup
