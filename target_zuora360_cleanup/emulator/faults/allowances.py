"""Daily allowances that are smaller than usual, or almost used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import FaultSpecError, Form, Kind

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.wire.allowances import Allowances as Daily
    from target_zuora360_cleanup.emulator.wire.sessions import Sessions

__all__ = ["Allowances"]

_FORM: Final[Form] = {
    "type": "object",
    "description": "Daily allowances as /limits names them.",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            "Max": {
                "type": "integer",
                "minimum": 0,
            },
            "Remaining": {
                "type": "integer",
                "minimum": 0,
            },
        },
    },
}


class Allowances(Kind):
    """Allowances that are set once; what is spent afterwards counts from there."""

    NAME = "allowances"
    FORM = _FORM

    @override
    def check(self, allowances: Daily) -> None:
        if unknown := sorted(set(self._given) - allowances.names()):
            raise FaultSpecError(f"Faults at $.allowances: no allowance named {unknown[0]}")

    @override
    def begin(self, sessions: Sessions, allowances: Daily) -> None:
        for name, item in self._given.items():
            allowances.override(name, maximum=item.get("Max"), remaining=item.get("Remaining"))
