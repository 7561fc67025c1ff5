"""What an org tells of its objects, fields and relationships as rows, whatever its user may see.

The objects EntityDefinition, FieldDefinition, RelationshipDomain and RelationshipInfo (Tooling API
Reference). A durable id is an object's name, of a custom one an id of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote

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

_ENTITY: Final = (
    "DurableId", "QualifiedApiName", "DeveloperName", "NamespacePrefix", "Label", "MasterLabel",
    "PluralLabel", "KeyPrefix", "IsQueryable", "IsCustomSetting", "IsTriggerable",
    "IsEverCreatable", "IsEverDeletable", "IsEverUpdatable", "IsDeprecatedAndHidden",
)  # fmt: skip
_OF_FIELD: Final = (
    "DurableId", "QualifiedApiName", "DeveloperName", "Label", "DataType", "RelationshipName",
    "IsNillable", "IsCalculated", "EntityDefinitionId",
)  # fmt: skip
_OUTCOME: Final = (
    "ChildSobjectId", "FieldId", "IsCascadeDelete", "IsRestrictedDelete", "IsDeprecatedAndHidden",
)  # fmt: skip
_INFO: Final = ("DurableId", *_OUTCOME)
_DOMAIN: Final = (
    "DurableId", "ParentSobjectId", "RelationshipName", "RelationshipInfoId", *_OUTCOME
)  # fmt: skip

Line = tuple[Any, ...]


def tell_metadata(store: Store, schema: Schema) -> None:
    """Write the rows, in place of those that there are. Made inside of a transaction."""
    told = _Told(schema)
    for name, columns, lines in (
        ("EntityDefinition", _ENTITY, told.entities()),
        ("FieldDefinition", _OF_FIELD, told.fields()),
        ("RelationshipInfo", _INFO, told.infos()),
        ("RelationshipDomain", _DOMAIN, told.domains()),
    ):
        store.run(f"DELETE FROM {quote(name)}")
        store.insert(name, ["Id", *columns], ((at, *line) for at, line in enumerate(lines, 1)))


class _Told:
    """The lines of each of these objects."""

    def __init__(self, schema: Schema) -> None:
        self._objects = _told_objects(schema)
        self._durable = dict(_durable_ids(self._objects))

    def entities(self) -> Iterator[Line]:
        for item in self._objects:
            yield (
                self._durable[item.name, ""], item.name, _bare(item.name), item.namespace,
                item.label, item.label, item.label_plural, item.key_prefix or None,
                int(item.queryable), int(item.custom_setting), int(not item.custom_setting),
                int(item.createable), int(item.deletable), int(item.updateable), 0,
            )  # fmt: skip

    def fields(self) -> Iterator[Line]:
        for item in self._objects:
            own = self._durable[item.name, ""]
            for field in item.fields.values():
                yield (
                    self._durable[item.name, field.name], field.name, _bare(field.name),
                    field.label, _type(field), field.relationship_name, int(field.nillable),
                    int(field.calculated), own,
                )  # fmt: skip

    def infos(self) -> Iterator[Line]:
        for item, field in self._references():
            yield self._durable[item.name, field.name], *self._outcome(item, field)

    def domains(self) -> Iterator[Line]:
        for item, field in self._references():
            info, outcome = self._durable[item.name, field.name], self._outcome(item, field)
            for target in field.reference_to:
                parent = self._durable.get((target, ""))
                if parent is not None:
                    yield f"{parent}.{info}", parent, field.child_relationship, info, *outcome

    def _references(self) -> Iterator[tuple[SObject, Field]]:
        return ((item, field) for item in self._objects for field in item.references)

    def _outcome(self, item: SObject, field: Field) -> Line:
        return (
            self._durable[item.name, ""], self._durable[item.name, field.name],
            int(field.on_delete == "cascade"), int(field.on_delete == "restrict"), 0,
        )  # fmt: skip


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
