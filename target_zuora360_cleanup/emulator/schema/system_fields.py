"""The fields that Salesforce gives every object: its id, name, owner and stamps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.objects import Field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["REFERENCE_LENGTH", "setting_kind", "system_fields"]

REFERENCE_LENGTH: Final = 18
CUSTOM_NAME: Final = 80
"""Characters in the name of a custom object's row."""
_NAMES: Final = {"Account": 255, "Opportunity": 120, "Product2": 255, "Pricebook2": 255}
"""The same of standard objects whose rows must have one."""


def setting_kind(flags: Collection[str]) -> str | None:
    """Return `List` or `Hierarchy` for a custom setting."""
    kinds = {"setting_list": "List", "setting_hierarchy": "Hierarchy"}
    return next((kinds[flag] for flag in flags if flag in kinds), None)


def system_fields(
    name: str, name_kind: str, fields: Collection[Field], flags: Collection[str]
) -> Iterator[Field]:
    """Yield the fields of an object that nobody has defined."""
    yield _read_only("Id", "Record ID", "id", 18)
    detail = any(item.master_detail for item in fields)
    if not (detail or "noowner" in flags or setting_kind(flags)):
        yield replace(_user("OwnerId", "Owner ID"), createable=True, updateable=True)
    if setting_kind(flags):
        yield Field("SetupOwnerId", "Location", "reference", 18, reference_to=("User",))
    yield _read_only("IsDeleted", "Deleted", "boolean", 0)
    yield from _name_field(name, name_kind)
    for stamp, label in (
        ("CreatedDate", "Created Date"),
        ("LastModifiedDate", "Last Modified Date"),
    ):
        yield _read_only(stamp, label, "datetime", 0)
    yield _user("CreatedById", "Created By ID")
    yield _user("LastModifiedById", "Last Modified By ID")
    yield _read_only("SystemModstamp", "System Modstamp", "datetime", 0)


def _name_field(name: str, kind: str) -> Iterator[Field]:
    if kind == "none":
        return
    if kind.startswith("auto:"):
        yield replace(_read_only("Name", "Name", "string", 80), auto_number=kind[5:], system=False)
    else:
        writable = "!readonly" not in kind
        custom = name.endswith("__c")
        length = CUSTOM_NAME if custom else _NAMES.get(name, 255)
        yield Field(
            "Name", "Name", "string", length,
            required=writable and not custom and name in _NAMES,
            createable=writable, updateable=writable,
        )  # fmt: skip


def _read_only(name: str, label: str, kind: str, length: int) -> Field:
    return Field(
        name, label, kind, length, required=True, createable=False, updateable=False, system=True
    )


def _user(name: str, label: str) -> Field:
    made = _read_only(name, label, "reference", REFERENCE_LENGTH)
    return replace(
        made, reference_to=("User",), relationship_name=name.removesuffix("Id"), on_delete=None
    )
