"""What an org tells of its objects, fields and relationships as rows, whatever its user may see.

The objects EntityDefinition, FieldDefinition, RelationshipDomain and RelationshipInfo (Tooling API
Reference). A durable id is an object's name, of a custom one an id of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["durable_id", "tell_metadata"]

_OBJECT, _FIELD = "01I", "00N"
_TYPES: Final = {
    "id": "Lookup()", "string": "Text", "textarea": "Long Text Area", "boolean": "Checkbox",
    "double": "Number", "int": "Number", "datetime": "Date/Time", "date": "Date",
    "picklist": "Picklist", "currency": "Currency", "percent": "Percent", "email": "Email",
    "phone": "Phone", "url": "URL",
}  # fmt: skip

Line = dict[str, Any]


def tell_metadata(store: Store, schema: Schema) -> None:
    """Write the rows. Made inside of a transaction."""
    told = _Told(schema)
    for name, lines in (
        ("EntityDefinition", told.entities()),
        ("FieldDefinition", told.fields()),
        ("RelationshipInfo", told.infos()),
        ("RelationshipDomain", told.domains()),
    ):
        _write(store, name, list(lines))


def _write(store: Store, name: str, lines: list[Line]) -> None:
    rows = ((number, *line.values()) for number, line in enumerate(lines, 1))
    store.insert(name, ["Id", *lines[0]], rows)


class _Told:
    """The lines of each of these objects."""

    def __init__(self, schema: Schema) -> None:
        self._objects = _told_objects(schema)
        self._durable = dict(_durable_ids(self._objects))

    def entities(self) -> Iterator[Line]:
        for item in self._objects:
            yield {
                "DurableId": self._durable[item.name, ""],
                "QualifiedApiName": item.name,
                "DeveloperName": _bare(item.name),
                "NamespacePrefix": item.namespace,
                "Label": item.label,
                "MasterLabel": item.label,
                "PluralLabel": item.label_plural,
                "KeyPrefix": item.key_prefix or None,
                "IsQueryable": int(item.queryable),
                "IsCustomSetting": int(item.custom_setting),
                "IsTriggerable": int(not item.custom_setting),
                "IsEverCreatable": int(item.createable),
                "IsEverDeletable": int(item.deletable),
                "IsEverUpdatable": int(item.updateable),
                "IsDeprecatedAndHidden": 0,
            }

    def fields(self) -> Iterator[Line]:
        for item in self._objects:
            for field in item.fields.values():
                yield {
                    "DurableId": self._durable[item.name, field.name],
                    "QualifiedApiName": field.name,
                    "DeveloperName": _bare(field.name),
                    "Label": field.label,
                    "DataType": _type(field),
                    "RelationshipName": field.relationship_name,
                    "IsNillable": int(field.nillable),
                    "EntityDefinitionId": self._durable[item.name, ""],
                }

    def infos(self) -> Iterator[Line]:
        for item, field in self._references():
            yield {"DurableId": self._info(item, field), **self._outcome(item, field)}

    def domains(self) -> Iterator[Line]:
        for item, field in self._references():
            for target in field.reference_to:
                parent = self._durable.get((target, ""))
                if parent is not None:
                    yield {
                        "DurableId": f"{parent}.{self._info(item, field)}",
                        "ParentSobjectId": parent,
                        "RelationshipName": field.child_relationship,
                        "RelationshipInfoId": self._info(item, field),
                        **self._outcome(item, field),
                    }

    def _references(self) -> Iterator[tuple[SObject, Field]]:
        return ((item, field) for item in self._objects for field in item.references)

    def _info(self, item: SObject, field: Field) -> str:
        return self._durable[item.name, field.name]

    def _outcome(self, item: SObject, field: Field) -> Line:
        return {
            "ChildSobjectId": self._durable[item.name, ""],
            "FieldId": self._durable[item.name, field.name],
            "IsCascadeDelete": int(field.on_delete == "cascade"),
            "IsRestrictedDelete": int(field.on_delete == "restrict"),
            "IsDeprecatedAndHidden": 0,
        }


def _durable_ids(objects: Iterable[SObject]) -> Iterator[tuple[tuple[str, str], str]]:
    """The durable ids of objects, and of their fields: `Account.01I….00N…`."""
    numbers = {"object": 0, "field": 0}
    for item in objects:
        numbers["object"] += item.custom
        own = _id(_OBJECT, numbers["object"]) if item.custom else item.name
        yield (item.name, ""), own
        for field in item.fields.values():
            numbers["field"] += field.custom
            name = _id(_FIELD, numbers["field"]) if field.custom else field.name
            yield (item.name, field.name), f"{own}.{name}"


def durable_id(schema: Schema, name: str) -> str:
    """Return the durable id of an object: its name, or the id that a custom one has."""
    return dict(_durable_ids(_told_objects(schema)))[name, ""]


def _told_objects(schema: Schema) -> list[SObject]:
    """The objects; what the objects of metadata themselves are is left to nobody's question."""
    return [item for item in schema.objects.values() if item.api == "data" or item.custom]


def _id(prefix: str, number: int) -> str:
    return ids.encode(prefix, number)[:15]


def _bare(name: str) -> str:
    """The developer name: without namespace and ending."""
    stem, ending = name.rsplit("__", 1) if "__" in name else (name, "")
    return stem.rpartition("__")[2] if ending else stem


def _type(field: Field) -> str:
    if field.type == "reference":
        kind = "Master-Detail" if field.master_detail else "Lookup"
        return f"{kind}({','.join(field.reference_to)})"[:200]
    return _TYPES.get(field.type, field.type)
