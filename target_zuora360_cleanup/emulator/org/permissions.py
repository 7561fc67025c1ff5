"""What the org's user may not see or delete, as the schema shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.objects import Schema

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.options import OrgOptions

__all__ = ["for_user"]

_HIDDEN_EVERY: Final = 3


def for_user(schema: Schema, options: OrgOptions) -> Schema:
    """The same objects, with what their user may not do."""
    return Schema(
        replace(
            item,
            visible=item.name not in options.not_visible,
            may_delete=item.name not in options.not_deletable,
            hidden_every=_HIDDEN_EVERY if item.name in options.rows_hidden else 0,
        )
        for item in schema.objects.values()
    )
