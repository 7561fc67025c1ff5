"""What a cleanup and a full sync don't bring back of what Zuora's own 360 had written, and why.

Fields as `Object.Field` in an image; the emulated 360 has written something into each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.field_maps import not_restored as listed
from tests.demo.image import differing

if TYPE_CHECKING:
    from tests.demo.image import Image

__all__ = ["NOT_RESTORED", "not_restored"]

NOT_RESTORED: Final = {
    why: tuple(f"{name}.{field}" for name, field, reason in listed() if reason == why)
    for why in dict.fromkeys(why for _, _, why in listed())
}
"""Fields by the reason."""


def not_restored(before: Image, after: Image) -> tuple[set[str], set[str]]:
    """Fields that differ and are not listed, and fields that are listed and don't differ."""
    known = {field for fields in NOT_RESTORED.values() for field in fields}
    found = {_field(each) for each in differing(before, after)}
    return found - known, known - found


def _field(shown: str) -> str:
    """A lookup is shown by its parent's external id, as `Parent__r.External_Id__c`."""
    name, field, *key = shown.split(".")
    return f"{name}.{field.removesuffix('__r')}__c" if key else shown
