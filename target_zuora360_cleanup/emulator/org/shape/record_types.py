"""The record types that a shape gives to objects: a field, a row for each, and which is default.

"Record types" (Salesforce Help): a new row gets the default of the user's profile where none is
given, and nobody can give it one that is inactive.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.objects import Field, RecordType
from target_zuora360_cleanup.emulator.schema.reading import REFERENCE_LENGTH, with_fields

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.shape.shape import Shape
    from target_zuora360_cleanup.emulator.schema.objects import SObject

__all__ = ["record_type_rows", "with_record_types"]

_PREFIX: Final = "012"


def record_type_rows(shape: Shape) -> list[dict[str, Any]]:
    """Return the rows of RecordType, as entries of a shape's rows, in the order of their ids."""
    return [
        {
            "object": "RecordType",
            "values": {
                "Name": each["name"],
                "DeveloperName": each["name"].replace(" ", "_"),
                "SobjectType": each["object"],
                "IsActive": not each.get("inactive", False),
            },
        }
        for each in shape.parts("record_types")
    ]


def with_record_types(item: SObject, shape: Shape) -> SObject:
    """Return the object with its record types, and with the field that they need."""
    found = tuple(
        RecordType(
            ids.encode(_PREFIX, number),
            each["name"],
            not each.get("inactive", False),
            each.get("default", False),
        )
        for number, each in enumerate(shape.parts("record_types"), 1)
        if each["object"] == item.name
    )
    if not found:
        return item
    field = Field(
        "RecordTypeId", "Record Type ID", "reference", REFERENCE_LENGTH,
        reference_to=("RecordType",), relationship_name="RecordType", on_delete="set_null",
        default=next((each.id for each in found if each.is_default), ""),
    )  # fmt: skip
    return replace(with_fields(item, [*item.fields.values(), field]), record_types=found)
