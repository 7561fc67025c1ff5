"""Objects that Salesforce keeps beside another one: its shares, its history, its feed, its events.

Object Reference, "StandardObjectNameShare" and its neighbours: custom objects have the same ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.objects import Field
from target_zuora360_cleanup.emulator.schema.reading import (
    REFERENCE_LENGTH,
    make_object,
    relationship_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import SObject

__all__ = ["companion"]

_LINKS: Final = {
    "Share": ("ParentId", "Shares"),
    "History": ("ParentId", "Histories"),
    "Feed": ("ParentId", "Feeds"),
    "Tag": ("ItemId", "Tags"),
}
_FLAGS: Final = {
    "Share": {"noowner"},
    "History": {"noowner", "readonly", "nodelete"},
    "Feed": {"noowner", "readonly"},
    "Tag": {"noowner", "noupdate"},
    "ChangeEvent": {"noowner", "readonly", "nodelete", "noquery"},
}


def companion(item: SObject, kind: str) -> SObject:
    """Return an object's companion of one kind: `Foo__Share` of `Foo__c`."""
    made = make_object(
        f"{item.name.removesuffix('__c')}__{kind}",
        "",
        label=f"{kind}: {item.label}",
        plural=f"{kind}: {item.label}",
        name_kind="none",
        fields=list(_events(item) if kind == "ChangeEvent" else _link(item, kind)),
        flags=frozenset(_FLAGS[kind]),
    )
    return replace(made, companion=(kind, item.name))


def _link(item: SObject, kind: str) -> Iterator[Field]:
    name, children = _LINKS[kind]
    yield Field(
        name,
        item.label,
        "reference",
        REFERENCE_LENGTH,
        required=True,
        updateable=False,
        reference_to=(item.name,),
        relationship_name=relationship_name(name),
        child_relationship=children,
        on_delete="cascade",
    )


def _events(item: SObject) -> Iterator[Field]:
    """The object's own lookups, which an event repeats."""
    for field in item.references:
        if not field.system and field.name != "OwnerId":
            yield replace(
                field,
                on_delete="set_null",
                child_relationship=None,
                master_detail=False,
                required=False,
            )
