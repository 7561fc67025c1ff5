"""Describes of the org and of its objects, in Salesforce's own shape."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema.objects import RecordType
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.objects import (
        ChildRelationship,
        Field,
        Schema,
        SObject,
    )

__all__ = ["BASE", "describe", "describe_global"]

BASE: Final = "/services/data/v64.0"
_MASTER: Final = "012000000000000AAA"
_SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
}


def describe_global(schema: Schema, base: str = BASE) -> dict[str, Any]:
    """Return the global describe.

    Args:
        schema: The org's schema.
        base: Path of the API version's resources, such as `/services/data/v64.0`.
    """
    shown = [item for item in schema.objects.values() if item.api != "tooling" and item.visible]
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [_summary(item, base) for item in shown],
    }


def describe(schema: Schema, name: str, base: str = BASE) -> dict[str, Any]:
    """Return the describe of one object, which nobody may change.

    Raises:
        SalesforceError: There is no such object.
    """
    return _described(schema, schema.get(name).name, base)


@lru_cache(maxsize=512)
def _described(schema: Schema, name: str, base: str) -> dict[str, Any]:
    """A schema does not change while its org is open."""
    item = schema.get(name)
    if not item.visible:
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
    children = [each for each in schema.children_of(item.name) if schema.get(each.child).visible]
    return {
        **_summary(item, base),
        "actionOverrides": [],
        "childRelationships": [_child(each) for each in children],
        "compactLayoutable": True,
        "fields": [_field(schema, item, each) for each in item.fields.values()],
        "listviewable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [*map(_record_type, (*item.record_types, _master(item)))],
        "searchLayoutable": True,
        "supportedScopes": [{"label": f"All {item.label_plural}", "name": "everything"}],
    }


def _master(item: SObject) -> RecordType:
    """The kind that every object has, and whose id no row holds."""
    has_default = any(each.is_default for each in item.record_types)
    return RecordType(_MASTER, "Master", is_active=True, is_default=not has_default)


def _record_type(each: RecordType) -> dict[str, Any]:
    return {
        "active": each.is_active,
        "available": each.is_active,
        "defaultRecordTypeMapping": each.is_default,
        "developerName": each.name.replace(" ", "_"),
        "master": each.id == _MASTER,
        "name": each.name,
        "recordTypeId": each.id,
        "urls": {},
    }


def _summary(item: SObject, base: str) -> dict[str, Any]:
    path = f"{base}/sobjects/{item.name}"
    kind, of = item.companion or (None, None)
    return {
        "activateable": False,
        "associateEntityType": kind,
        "associateParentEntity": of,
        "createable": item.createable,
        "custom": item.custom or (of or "").endswith("__c"),
        "customSetting": item.custom_setting,
        "deepCloneable": False,
        "deletable": item.deletable and item.may_delete,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": item.key_prefix or None,
        "label": item.label,
        "labelPlural": item.label_plural,
        "layoutable": not item.custom_setting,
        "mergeable": item.name in {"Account", "Contact"},
        "mruEnabled": not item.custom_setting,
        "name": item.name,
        "queryable": item.queryable,
        "replicateable": True,
        "retrieveable": True,
        "searchable": not item.custom_setting,
        "triggerable": not item.custom_setting,
        "undeletable": item.deletable,
        "updateable": item.updateable,
        "urls": {
            "sobject": path,
            "describe": f"{path}/describe",
            "rowTemplate": f"{path}/{{ID}}",
        },
    }


def _child(each: ChildRelationship) -> dict[str, Any]:
    return {
        "cascadeDelete": each.field.on_delete == "cascade",
        "childSObject": each.child,
        "deprecatedAndHidden": False,
        "field": each.field.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": each.name,
        "restrictedDelete": each.field.on_delete == "restrict",
    }


def _field(schema: Schema, item: SObject, each: Field) -> dict[str, Any]:
    numeric = each.type in {"double", "currency", "percent"}
    return {
        "aggregatable": each.aggregatable,
        "autoNumber": each.auto_number is not None,
        "byteLength": each.length * 3 if each.textual else 0,
        "calculated": each.calculated,
        "calculatedFormula": None,
        "cascadeDelete": each.on_delete == "cascade",
        "caseSensitive": each.case_sensitive,
        "createable": each.createable,
        "custom": each.custom,
        "defaultValue": _default(each),
        "defaultedOnCreate": each.type == "boolean" or each.system,
        "deprecatedAndHidden": False,
        "digits": 9 if each.type == "int" else 0,
        "externalId": each.external_id,
        "filterable": each.filterable,
        "groupable": each.groupable,
        "idLookup": each.lookup,
        "inlineHelpText": None,
        "label": each.label,
        "length": each.length if each.textual else 0,
        "name": each.name,
        "nameField": each.name == "Name",
        "namePointing": each.polymorphic,
        "nillable": each.nillable,
        "permissionable": each.custom and not each.required and not each.master_detail,
        "picklistValues": [_picklist_value(value) for value in each.picklist],
        "polymorphicForeignKey": each.polymorphic,
        "precision": each.length if numeric else 0,
        "referenceTo": _targets(schema, each),
        "relationshipName": each.relationship_name,
        "relationshipOrder": _order(item, each) if each.master_detail else None,
        "restrictedDelete": each.on_delete == "restrict",
        "restrictedPicklist": each.restricted,
        "scale": each.scale,
        "soapType": _SOAP_TYPES.get(each.type, "xsd:string"),
        "sortable": each.sortable,
        "type": each.type,
        "unique": each.unique,
        "updateable": each.updateable,
        "writeRequiresMasterRead": False,
    }


def _default(each: Field) -> bool | str | None:
    if each.type == "boolean":
        return each.default == "true"
    return None if each.type == "reference" else each.default or None


def _order(item: SObject, master: Field) -> int:
    """0 for the first master of a row, 1 for the second."""
    masters = [each.name for each in item.fields.values() if each.master_detail]
    return masters.index(master.name)


def _targets(schema: Schema, each: Field) -> list[str]:
    if each.type != "reference":
        return []
    if not each.polymorphic:
        return list(each.reference_to)
    return [name for name in each.reference_to if schema.get(name).visible]


def _picklist_value(value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
