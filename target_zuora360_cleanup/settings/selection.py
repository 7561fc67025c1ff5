"""Which object types the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import BY_NAME, OBJECTS, ObjectType

if TYPE_CHECKING:
    from target_zuora360_cleanup.settings.declared import Settings


def selected(settings: Settings) -> tuple[ObjectType, ...]:
    """The object types that the settings name, whether an org has them or not."""
    if settings.include_objects:
        return tuple(BY_NAME[name] for name in settings.include_objects)
    return tuple(
        kind
        for kind in OBJECTS
        if kind.group in settings.object_groups and kind.api_name not in settings.exclude_objects
    )
