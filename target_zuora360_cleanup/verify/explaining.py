"""Why rows are not back, or values are others, where that is known beforehand. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.field_maps import not_filled, not_restored
from target_zuora360_cleanup.verify.comparing import ROWS

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_zuora360_cleanup.verify.columns import Columns


def reasons(columns: Columns, not_fed: Collection[str]) -> dict[str, str]:
    """What explains differences of one object: by field, and under `ROWS` that rows are not back.

    Args:
        columns: What is compared.
        not_fed: Object types that no stream of the tap feeds, as the cleanup has told.
    """
    name = columns.object_name
    known = (*not_filled(), *not_restored())
    why = {field: reason for each, field, reason in known if each == name}
    if name in not_fed:
        return {**why, ROWS: "no stream of the tap feeds it, as the cleanup has told"}
    if columns.keys and all(key in why for key in columns.keys):
        # (a row that comes back has another external id, or none)
        return {**why, ROWS: f"{columns.keys[0]}: {why[columns.keys[0]]}"}
    return why
