"""Reads the schema from the tables in `data` and adds the system fields.

`packages.tsv` has every field of the packages Zuora 360 (namespace `Zuora`) and Zuora Quotes
(`zqu`) that the metadata of real orgs has for the objects in `objects.tsv`, with its facts: the
emulator has no other of theirs. `fields.tsv` has standard fields and those of customers' objects.
A reference to `*` leads to every object that activities, notes and files may hang on, one to
`*-Contact` to all of them but contacts.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Final, Literal

from target_zuora360_cleanup.emulator.schema.objects import Field, OnDelete, Schema, SObject
from target_zuora360_cleanup.emulator.schema.system_fields import (
    REFERENCE_LENGTH,
    setting_kind,
    system_fields,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = [
    "REFERENCE_LENGTH",
    "bare_object",
    "child_relationship",
    "load_objects",
    "load_schema",
    "make_object",
    "relationship_name",
    "settled",
    "table_rows",
    "with_fields",
]

_TYPES: Final = {
    "text": "string", "longtext": "textarea", "number": "double", "ref": "reference",
    "encrypted": "encryptedstring",
}  # fmt: skip
_LENGTHS: Final = {"phone": 40, "url": 255, "email": 80, "picklist": 255}
_EVERY: Final = "*"

_Row = dict[str, str]


@cache
def load_schema(without_packages: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of an org that has not the named packages (`Zuora`, `zqu`)."""
    return settled(load_objects(without_packages))


@cache
def load_objects(without_packages: frozenset[str] = frozenset()) -> tuple[SObject, ...]:
    """Return the same objects as their tables have them, to which others may be added."""
    fields: dict[str, list[Field]] = {}
    for row in chain(table_rows("fields.tsv"), table_rows("packages.tsv")):
        fields.setdefault(row["object"], []).append(_field(row))
    objects = [_object(row, fields.get(row["object"], [])) for row in table_rows("objects.tsv")]
    return tuple(_without(objects, without_packages) if without_packages else objects)


def settled(objects: Iterable[SObject]) -> Schema:
    """Return the schema of these objects, with each `*` spelled out."""
    every = list(objects)
    names = [item.name for item in every if item.activities]
    return Schema(_spelled_out(item, names) for item in every)


def _spelled_out(item: SObject, names: Collection[str]) -> SObject:
    if not any(field.reference_to[:1] == (_EVERY,) for field in item.references):
        return item
    fields = {name: _lead(field, names) for name, field in item.fields.items()}
    return with_fields(item, fields.values())


def _lead(field: Field, names: Collection[str]) -> Field:
    first, *others = field.reference_to or ("",)
    if first != _EVERY:
        return field
    return replace(field, reference_to=tuple(name for name in names if name not in others))


def with_fields(item: SObject, fields: Iterable[Field]) -> SObject:
    """Return the object with other fields."""
    by_name = {field.name: field for field in fields}
    return replace(
        item, fields=by_name, _by_lower={key.lower(): each for key, each in by_name.items()}
    )


def make_object(  # noqa: PLR0913 - the facts of an object, all but two with a default
    name: str,
    prefix: str,
    *,
    label: str = "",
    plural: str = "",
    name_kind: str = "text",
    fields: Collection[Field] = (),
    flags: frozenset[str] = frozenset(),
) -> SObject:
    """Return an object with its own fields between the system fields that Salesforce adds."""
    every = [*system_fields(name, name_kind, fields, flags), *fields]
    api: Literal["data", "tooling", "both"] = (
        "tooling" if "tooling" in flags else "both" if "both" in flags else "data"
    )
    made = SObject(
        name=name,
        label=label or name,
        label_plural=plural or name,
        key_prefix=prefix,
        fields={},
        setting=setting_kind(flags),
        deletable="nodelete" not in flags,
        createable=flags.isdisjoint({"readonly", "nocreate"}),
        updateable=flags.isdisjoint({"readonly", "noupdate"}),
        queryable="noquery" not in flags,
        api=api,
        activities=_has_activities(name, flags),
    )
    return with_fields(made, every)


def bare_object(name: str, fields: Iterable[Field]) -> SObject:
    """Return an object that has these fields only and no rows."""
    return with_fields(SObject(name, name, name, "", {}), fields)


def table_rows(name: str) -> Iterator[_Row]:
    """Return the rows of a file in `data`, as values by the names in its first line."""
    text = (
        files("target_zuora360_cleanup.emulator.schema").joinpath("data", name).read_text("utf-8")
    )
    head, *lines = (line.split("\t") for line in text.splitlines())
    return (dict(zip(head, line, strict=True)) for line in lines)


def _object(row: _Row, fields: list[Field]) -> SObject:
    return make_object(
        row["object"],
        row["prefix"],
        label=row["label"],
        plural=row["plural"],
        name_kind=row["name"],
        fields=fields,
        flags=frozenset(row["flags"].split()),
    )


def _has_activities(name: str, flags: Collection[str]) -> bool:
    is_table = name.endswith("__c") and not setting_kind(flags) and "noactivities" not in flags
    return is_table or "activities" in flags


def _field(row: _Row) -> Field:
    flags = row["flags"].split()
    kind = _TYPES.get(row["type"], row["type"])
    computed = not {"formula", "summary"}.isdisjoint(flags)
    auto = next((flag.removeprefix("auto:") for flag in flags if flag.startswith("auto:")), None)
    writable = not (computed or auto or "readonly" in flags)
    made = Field(
        name=row["field"],
        label=row["label"],
        type=kind,
        length=int(row["length"] or _LENGTHS.get(kind, 0)),
        scale=int(row["scale"] or 0),
        external_id="external" in flags,
        unique="unique" in flags,
        case_sensitive="case" in flags,
        required="required" in flags,
        createable=writable,
        updateable=writable,
        calculated=computed,
        auto_number=auto,
        default=row.get("default", ""),
        restricted="restricted" in flags,
        picklist=tuple(row["values"].split(";")) if row["values"] else (),
    )
    if kind == "reference":
        return _reference(made, row, flags)
    return _named_by(made, row["references"], flags) if row["references"] else made


def _named_by(made: Field, parent: str, flags: Collection[str]) -> Field:
    """A text that is the value of a field of some parent, as metadata refers to metadata."""
    key = next(flag.removeprefix("by:") for flag in flags if flag.startswith("by:"))
    name = relationship_name(made.name)
    return replace(made, reference_to=(parent,), relationship_name=name, key=key)


def _reference(made: Field, row: _Row, flags: Collection[str]) -> Field:
    master = row["on_delete"] == "master"
    outcomes: dict[str, OnDelete] = {"restrict": "restrict", "set_null": "set_null"}
    targets = tuple(row["references"].split("-"))
    return replace(
        made,
        length=REFERENCE_LENGTH,
        reference_to=targets,
        relationship_name=relationship_name(made.name),
        child_relationship=child_relationship(made.name, row["child_relationship"]),
        on_delete=outcomes.get(row["on_delete"], "cascade"),
        master_detail=master,
        polymorphic=targets[0] == _EVERY or "poly" in flags,
        required=made.required or master,
        updateable=made.updateable and (not master or "reparentable" in flags),
    )


def relationship_name(field: str) -> str:
    """Return what the way up from a reference is called: `Account__r`, `Account__pr`, `Account`."""
    return field[:-1] + "r" if field.endswith(("__c", "__pc")) else field.removesuffix("Id")


def child_relationship(field: str, name: str) -> str | None:
    """Return the name as the API spells it: the field's namespace before, `__r` behind."""
    if not name or not field.endswith("__c"):
        return name or None
    namespace, _, rest = field.removesuffix("__c").rpartition("__")
    return f"{namespace}__{name}__r" if rest and namespace else f"{name}__r"


def _without(objects: Collection[SObject], packages: Collection[str]) -> list[SObject]:
    gone = {item.name for item in objects if item.namespace in packages}
    return [
        _trim(item, packages, gone)
        for item in objects
        if item.name not in gone and not _detail_of(item, gone)
    ]


def _detail_of(item: SObject, gone: Collection[str]) -> bool:
    return any(ref.master_detail and ref.reference_to[0] in gone for ref in item.references)


def _trim(item: SObject, packages: Collection[str], gone: Collection[str]) -> SObject:
    return with_fields(
        item,
        [
            field
            for name, field in item.fields.items()
            if not any(name.startswith(f"{package}__") for package in packages)
            and not any(target in gone for target in field.reference_to)
        ],
    )
