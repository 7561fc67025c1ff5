"""Bulk jobs that lock rows, so that others at the same time can't have their siblings."""

from __future__ import annotations

from typing import Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind

__all__ = ["Locks"]

_FORM: Final[Form] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["seconds"],
    "description": (
        "Jobs lock the rows of a batch and their parents (masters, and lookups that cascade or "
        "restrict). Rows of another job that need one of them fail with UNABLE_TO_LOCK_ROW."
    ),
    "properties": {
        "seconds": {
            "type": "number",
            "minimum": 0,
            "description": "How long they stay locked once the batch is done.",
        },
    },
}


class Locks(Kind):
    """Locks between jobs."""

    NAME = "locks"
    FORM = _FORM

    @override
    def lock_seconds(self) -> float | None:
        return float(self._given["seconds"])
