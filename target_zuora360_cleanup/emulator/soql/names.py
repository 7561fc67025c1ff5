"""Where a lookup may lead to several objects, a query sees of its record what the object Name has.

"Understanding Relationship Fields and Polymorphic Fields" (SOQL and SOSL Reference): the fields
`Id`, `Name` and `Type`, whatever the record is. A path ends there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.ids import TAG_BITS, code
from target_zuora360_cleanup.emulator.schema.objects import Field
from target_zuora360_cleanup.emulator.schema.reading import bare_object
from target_zuora360_cleanup.emulator.schema.store import quote

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["NAME", "name_sql", "with_targets"]

_ID: Final = Field("Id", "Record ID", "reference", 18, polymorphic=True)
NAME: Final = bare_object(
    "Name", (_ID, Field("Name", "Name", "string", 255), Field("Type", "Type", "string", 80))
)
_NUMBERS: Final = (1 << TAG_BITS) - 1


def name_sql(schema: Schema, reference: Field, column: str, wanted: str) -> str:
    """Return the SQL of one of Name's fields.

    Args:
        schema: The objects.
        reference: The lookup.
        column: Its SQL.
        wanted: `Id`, `Name` or `Type`.
    """
    if wanted == "Id":
        return f"({column})"
    if wanted == "Type":
        return f"(SELECT name FROM _object WHERE code = {column} >> {TAG_BITS}) COLLATE NOCASE"
    cases = " ".join(
        f"WHEN {code(item.key_prefix)} THEN (SELECT Name FROM {quote(item.name)}"
        f" WHERE Id = {column} & {_NUMBERS})"
        for item in map(schema.get, reference.reference_to)
        if "Name" in item.fields
    )
    return f"(CASE {column} >> {TAG_BITS} {cases} END) COLLATE NOCASE"


def with_targets(reference: Field) -> Field:
    """Return Name's `Id` as the lookup leads to it, so that ids are checked against its objects."""
    return replace(_ID, reference_to=reference.reference_to)
