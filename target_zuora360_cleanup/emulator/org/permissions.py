"""What the org's user may see and delete, and the schema as it is for that user."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError, read_shape
from target_zuora360_cleanup.emulator.schema.objects import Schema
from target_zuora360_cleanup.emulator.schema.reading import with_fields

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.org.shape.shape import Part, Shape
    from target_zuora360_cleanup.emulator.schema.objects import SObject

__all__ = ["Rights", "for_user", "rights_of"]

_HIDDEN_EVERY: Final = 3
_FILES: Final = frozenset({"ContentDocument", "ContentDocumentLink"})
"""Objects of which View All Data shows only what the user may open ("Set Up Users to Query
Salesforce Files", Salesforce Help)."""

LAPSED: Final = ("expired", "session")
"""Why a permission set that is assigned gives nothing: its assignment has ended, or it is not
activated in the session."""
_MOST_ROWS: Final = {"EntitySubscription": 1_000, "TopicAssignment": 1_100}
"""Objects of which a user without View All Data has to ask for so many rows at most (Object
Reference)."""


@dataclass(frozen=True)
class Rights:
    """What the user may do by profile and permission sets together.

    Attributes:
        view_all_data: See everybody's rows of all objects.
        modify_all_data: Change and delete them too.
        query_all_files: See everybody's files (Query All Files).
        told: Whether the org tells the first two.
        view_all: Objects of which the user sees everybody's rows.
        modify_all: Objects of which the user may change them too.
        lapsed: Objects of which a permission set would let the user see everybody's rows, with why
            it gives nothing.
    """

    view_all_data: bool
    modify_all_data: bool
    query_all_files: bool = True
    told: bool = True
    view_all: frozenset[str] = frozenset()
    modify_all: frozenset[str] = frozenset()
    lapsed: Mapping[str, str] = field(default_factory=dict)

    def sees_all(self, name: str) -> bool:
        """Whether sharing hides no row of an object."""
        if name in _FILES:
            return self.query_all_files
        return self.view_all_data or name in self.view_all

    def changes_all(self, name: str) -> bool:
        """Whether the user may change every row of an object."""
        return self.modify_all_data or name in self.modify_all


@lru_cache(maxsize=64)
def rights_of(options: OrgOptions) -> Rights:
    """Return the user's rights.

    Raises:
        ShapeError: One right needs another.
    """
    given = read_shape(options.shape).permissions
    view = given.get("view_all_data", options.modify_all)
    modify = given.get("modify_all_data", options.modify_all and bool(view))
    if modify and not view:
        text = "Modify All Data comes with View All Data. Give both or none."
        raise ShapeError("permissions", text)
    files = given.get("query_all_files", bool(view))
    if files and not view:
        text = "Query All Files comes with View All Data. Give both or none."
        raise ShapeError("permissions", text)
    every = given.get("objects", {})
    lapsed = {name: each["lapsed"] for name, each in every.items() if "lapsed" in each}
    objects = {name: each for name, each in every.items() if name not in lapsed}
    all_modified = {name for name, each in objects.items() if each.get("modify_all")}
    return Rights(
        bool(view),
        bool(modify),
        bool(files),
        told=view is not None and modify is not None,
        view_all=frozenset(
            {name for name, each in objects.items() if each.get("view_all")} | all_modified
        ),
        modify_all=frozenset(all_modified),
        lapsed=lapsed,
    )


def for_user(schema: Schema, options: OrgOptions) -> Schema:
    """The same objects, with what their user may not do, without the fields hidden from them.

    Raises:
        ShapeError: It hides what the org has not, or from a user who sees everything.
    """
    shape, rights = read_shape(options.shape), rights_of(options)
    _check(schema, shape, rights)
    unread = options.not_visible | set(shape.hidden.get("objects", ()))
    fields = frozenset(shape.hidden.get("fields", ()))
    every = dict.fromkeys(options.rows_hidden, _HIDDEN_EVERY)
    every |= {part["object"]: part["every"] for part in _rows(shape) if "every" in part}
    listed = _listed(shape)
    return Schema(
        replace(
            _readable(item, fields),
            visible=item.name not in unread,
            may_delete=item.name not in options.not_deletable,
            hidden_every=0 if rights.sees_all(item.name) else every.get(item.name, 0),
            hidden_rows=item.name in listed and not rights.sees_all(item.name),
            most_rows=None if rights.view_all_data else _MOST_ROWS.get(item.name),
        )
        for item in schema.objects.values()
    )


def _readable(item: SObject, hidden: Collection[str]) -> SObject:
    kept = [each for each in item.fields.values() if f"{item.name}.{each.name}" not in hidden]
    return item if len(kept) == len(item.fields) else with_fields(item, kept)


def _rows(shape: Shape) -> list[Part]:
    found: list[Part] = shape.hidden.get("rows", [])
    return found


def _listed(shape: Shape) -> set[str | None]:
    """The objects of which single rows are hidden."""
    groups = [*shape.parts("rows"), *(rows for part in shape.parts("later")
                                      for rows in part["rows"])]  # fmt: skip
    named = {part["name"]: part["object"] for part in groups if "name" in part}
    return {
        named.get(part["row"]) if "row" in part else part.get("object")
        for part in _rows(shape)
        if "every" not in part
    }


def _check(schema: Schema, shape: Shape, rights: Rights) -> None:
    for name in (*shape.hidden.get("objects", ()), *shape.permissions.get("objects", ())):
        if name not in schema.objects:
            text = f"the org has no object {name}. Name one that it has, or add it."
            raise ShapeError("hidden.objects or permissions.objects", text)
    for path in shape.hidden.get("fields", ()):
        name, _, own = path.partition(".")
        if name not in schema.objects or own not in schema.objects[name].fields:
            raise ShapeError("hidden.fields", f"the org has no {path}. Name Object.Field.")
    for part in _rows(shape):
        is_file = part.get("object") in _FILES and not rights.query_all_files
        if rights.view_all_data and not is_file:
            text = "the user has View All Data. Say permissions.view_all_data: false."
            raise ShapeError("hidden.rows", f"no row is hidden from that user: {text}")
        if len(part.keys() & {"every", "at", "row"}) != 1 or ("row" in part) == ("object" in part):
            text = 'rows are {"object": X, "every": n}, {"object": X, "at": n} or {"row": name}.'
            raise ShapeError("hidden.rows", text)
