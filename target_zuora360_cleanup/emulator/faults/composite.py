"""Composite requests whose parts take too long together."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Composite"]

_FORM: Final[Form] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["most_parts"],
    "description": (
        "Composite requests run for too long when they have more parts than most_parts; "
        "none of them takes effect."
    ),
    "properties": {
        "most_parts": {
            "type": "integer",
            "minimum": 0,
        },
        "path": {
            "type": "string",
            "minLength": 1,
            "description": "Pattern for the parts that are slow, with * and ?; all when left out.",
        },
        "status": {
            "type": "integer",
            "minimum": 400,
            "maximum": 599,
            "default": 503,
        },
        "code": {
            "type": "string",
            "minLength": 1,
            "default": "REQUEST_RUNNING_TOO_LONG",
        },
        "message": {
            "type": "string",
        },
        "times": {
            "type": "integer",
            "minimum": 1,
            "description": "How many requests it happens to; all when left out.",
        },
    },
}
_MESSAGE: Final = "Your request was running for too long, and has been stopped."


class Composite(Kind):
    """Slow parts: a request is refused that has more of them than it may."""

    NAME = "composite"
    FORM = _FORM

    @override
    def on_composite(self, urls: Sequence[str]) -> SalesforceError | None:
        pattern = self._given.get("path", "*").lower()
        slow = sum(fnmatchcase(url.lower(), pattern) for url in urls)
        times = self._given.get("times")
        if slow <= self._given["most_parts"] or not self._spend("composite", times):
            return None
        return SalesforceError(
            self._given.get("code", "REQUEST_RUNNING_TOO_LONG"),
            self._given.get("message", _MESSAGE),
            status=self._given.get("status", 503),
        )
