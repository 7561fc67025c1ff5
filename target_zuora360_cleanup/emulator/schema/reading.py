"""Reads the schema from `data/objects.tsv` and `data/fields.tsv` and adds the system fields.

The two tables hold the objects, relationships, delete constraints and external ids found in the
metadata of real orgs that have the packages Zuora 360 (namespace `Zuora`) and Zuora Quotes (`zqu`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from target_zuora360_cleanup.emulator.schema.objects import Field, OnDelete, Schema, SObject

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["load_schema", "make_object", "table_rows"]

_TYPES: Final = {"text": "string", "longtext": "textarea", "number": "double", "ref": "reference"}
_LENGTHS: Final = {"phone": 40, "url": 255, "email": 80, "picklist": 255}
_REFERENCE_LENGTH: Final = 18

_Row = dict[str, str]


@cache
def load_schema(without_packages: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of an org that has not the named packages (`Zuora`, `zqu`)."""
    fields: dict[str, list[Field]] = {}
    for row in table_rows("fields.tsv"):
        fields.setdefault(row["object"], []).append(_field(row))
    schema = Schema(
        _object(row, fields.get(row["object"], [])) for row in table_rows("objects.tsv")
    )
    return _without(schema, without_packages) if without_packages else schema


def make_object(  # noqa: PLR0913 - the facts of an object, all but two with a default
    name: str,
    prefix: str,
    *,
    label: str = "",
    plural: str = "",
    name_kind: str = "text",
    fields: Collection[Field] = (),
    flags: Collection[str] = (),
) -> SObject:
    """Return an object with its own fields between the system fields that Salesforce adds."""
    every = [*_system_fields(name_kind, fields, flags), *fields]
    by_name = {item.name: item for item in every}
    read_only = "readonly" in flags
    api: Literal["data", "tooling", "both"] = (
        "tooling" if "tooling" in flags else "both" if "both" in flags else "data"
    )
    return SObject(
        name=name,
        label=label or name,
        label_plural=plural or name,
        key_prefix=prefix,
        fields=by_name,
        setting=_setting(flags),
        deletable="nodelete" not in flags,
        createable=not read_only,
        updateable=not read_only,
        api=api,
        _by_lower={key.lower(): item for key, item in by_name.items()},
    )


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
        flags=row["flags"].split(),
    )


def _setting(flags: Collection[str]) -> str | None:
    kinds = {"setting_list": "List", "setting_hierarchy": "Hierarchy"}
    return next((kinds[flag] for flag in flags if flag in kinds), None)


def _field(row: _Row) -> Field:
    flags = row["flags"].split()
    kind = _TYPES.get(row["type"], row["type"])
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
        createable="readonly" not in flags,
        updateable="readonly" not in flags,
        picklist=tuple(row["values"].split(";")) if row["values"] else (),
    )
    return _reference(made, row) if kind == "reference" else made


def _reference(made: Field, row: _Row) -> Field:
    master = row["on_delete"] == "master"
    outcomes: dict[str, OnDelete] = {"restrict": "restrict", "set_null": "set_null"}
    return replace(
        made,
        length=_REFERENCE_LENGTH,
        reference_to=(row["references"],),
        relationship_name=_relationship_name(made.name),
        child_relationship=_child_relationship(made.name, row["child_relationship"]),
        on_delete=outcomes.get(row["on_delete"], "cascade"),
        master_detail=master,
        required=made.required or master,
        updateable=made.updateable and (not master or "reparentable" in row["flags"].split()),
    )


def _relationship_name(field: str) -> str:
    return field[:-1] + "r" if field.endswith("__c") else field.removesuffix("Id")


def _child_relationship(field: str, name: str) -> str | None:
    """Return the name as the API spells it: the field's namespace before, `__r` behind."""
    if not name or not field.endswith("__c"):
        return name or None
    namespace, _, rest = field.removesuffix("__c").rpartition("__")
    return f"{namespace}__{name}__r" if rest and namespace else f"{name}__r"


def _system_fields(
    name_kind: str, fields: Collection[Field], flags: Collection[str]
) -> Iterator[Field]:
    yield _read_only("Id", "Record ID", "id", 18)
    detail = any(item.master_detail for item in fields)
    if not (detail or "noowner" in flags or _setting(flags)):
        yield replace(_user("OwnerId", "Owner ID"), createable=True, updateable=True)
    if _setting(flags):
        yield Field("SetupOwnerId", "Location", "reference", 18, reference_to=("User",))
    yield _read_only("IsDeleted", "Deleted", "boolean", 0)
    yield from _name_field(name_kind)
    for name, label in (
        ("CreatedDate", "Created Date"),
        ("LastModifiedDate", "Last Modified Date"),
    ):
        yield _read_only(name, label, "datetime", 0)
    yield _user("CreatedById", "Created By ID")
    yield _user("LastModifiedById", "Last Modified By ID")
    yield _read_only("SystemModstamp", "System Modstamp", "datetime", 0)


def _name_field(kind: str) -> Iterator[Field]:
    if kind == "none":
        return
    if kind.startswith("auto:"):
        yield replace(_read_only("Name", "Name", "string", 80), auto_number=kind[5:], system=False)
    else:
        writable = "!readonly" not in kind
        yield Field("Name", "Name", "string", 255, createable=writable, updateable=writable)


def _read_only(name: str, label: str, kind: str, length: int) -> Field:
    return Field(
        name, label, kind, length, required=True, createable=False, updateable=False, system=True
    )


def _user(name: str, label: str) -> Field:
    made = _read_only(name, label, "reference", _REFERENCE_LENGTH)
    return replace(
        made, reference_to=("User",), relationship_name=name.removesuffix("Id"), on_delete=None
    )


def _without(schema: Schema, packages: Collection[str]) -> Schema:
    gone = {item.name for item in schema.objects.values() if item.namespace in packages}
    return Schema(
        _trim(item, packages, gone)
        for item in schema.objects.values()
        if item.name not in gone and not _detail_of(item, gone)
    )


def _detail_of(item: SObject, gone: Collection[str]) -> bool:
    return any(ref.master_detail and ref.reference_to[0] in gone for ref in item.references)


def _trim(item: SObject, packages: Collection[str], gone: Collection[str]) -> SObject:
    kept = {
        name: field
        for name, field in item.fields.items()
        if not any(name.startswith(f"{package}__") for package in packages)
        and not any(target in gone for target in field.reference_to)
    }
    return replace(item, fields=kept, _by_lower={key.lower(): kept[key] for key in kept})
