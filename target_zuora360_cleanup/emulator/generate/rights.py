"""Rows that tell what the user may do with each object: the profile's permission set, and others.

A permission set gives nothing by an assignment that has expired (Object Reference,
PermissionSetAssignment, `IsActive`), nor by one to a set that has to be activated in each session
and was not (PermissionSet, `HasActivationRequired`); the rows are there all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.permissions import LAPSED, rights_of
from target_zuora360_cleanup.emulator.org.shape.shape import read_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject

__all__ = ["permission_rows"]

_STANDARD: Final = frozenset({"Account", "Contact", "Opportunity", "Pricebook2", "Product2"})
"""Standard objects that have permissions of their own."""
_ENDED: Final = 1_738_281_600
"""The end of January 2025."""


def permission_rows(options: OrgOptions, schema: Schema) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by object."""
    lapsed = rights_of(options).lapsed
    given = [{"ParentId": 1, **each} for each in _objects(options, schema)]
    given += [
        {"SobjectType": name, "ParentId": LAPSED.index(why) + 2, "PermissionsRead": 1,
         "PermissionsViewAllRecords": 1}
        for name, why in sorted(lapsed.items())
    ]  # fmt: skip
    return {
        "PermissionSet": [
            {"Id": 1, "Name": "X00ex00000018ozV_128_09_12_34_5", "Label": "System Administrator",
             "IsOwnedByProfile": 1, "ProfileId": 1, "HasActivationRequired": 0},
            *(_set(number, why) for number, why in enumerate(LAPSED, 2)),
        ],
        "PermissionSetAssignment": [
            {"Id": 1, "AssigneeId": 1, "PermissionSetId": 1, "IsActive": 1},
            *(_assignment(number, why) for number, why in enumerate(LAPSED, 2) if lapsed),
        ],
        "ObjectPermissions": [{"Id": number, **each} for number, each in enumerate(given, 1)],
    }  # fmt: skip


def _set(number: int, why: str) -> dict[str, Any]:
    return {
        "Id": number, "Name": f"Sees_All_{why}", "Label": f"Sees all ({why})",
        "IsOwnedByProfile": 0, "HasActivationRequired": int(why == "session"),
    }  # fmt: skip


def _assignment(number: int, why: str) -> dict[str, Any]:
    ended = {"ExpirationDate": _ENDED} if why == "expired" else {}
    return {
        "Id": number, "AssigneeId": 1, "PermissionSetId": number, "IsActive": int(not ended),
        **ended,
    }  # fmt: skip


def _objects(options: OrgOptions, schema: Schema) -> Iterator[dict[str, Any]]:
    """One line for each object that the user may read; the others have none."""
    unread = options.not_visible | set(read_shape(options.shape).hidden.get("objects", ()))
    for item in schema.objects.values():
        if _has_permissions(item) and item.name not in unread:
            yield _object(options, item)


def _has_permissions(item: SObject) -> bool:
    return item.name in _STANDARD or (item.custom and not item.custom_setting)


def _object(options: OrgOptions, item: SObject) -> dict[str, Any]:
    rights = rights_of(options)
    return {
        "SobjectType": item.name,
        "PermissionsCreate": int(item.createable),
        "PermissionsRead": 1,
        "PermissionsEdit": int(item.updateable),
        "PermissionsDelete": int(item.deletable and item.name not in options.not_deletable),
        "PermissionsViewAllRecords": int(rights.sees_all(item.name)),
        "PermissionsModifyAllRecords": int(rights.changes_all(item.name)),
    }
