"""SOQL over REST that is refused, alone or in a composite request; Bulk queries are not."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

__all__ = ["Queries"]

_FORM: Final[Form] = {
    "type": "array",
    "description": (
        "SOQL over REST that is refused, alone or in a composite request. Bulk queries are not."
    ),
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["soql", "code"],
        "properties": {
            "soql": {
                "type": "string",
                "minLength": 1,
                "description": "Pattern for the whole query, with * and ?, in any case.",
            },
            "code": {
                "type": "string",
                "minLength": 1,
                "description": "errorCode, such as QUERY_TIMEOUT.",
            },
            "message": {
                "type": "string",
            },
            "status": {
                "type": "integer",
                "minimum": 400,
                "maximum": 599,
                "default": 400,
            },
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "How many queries are refused; all when left out.",
            },
        },
    },
}


@dataclass(frozen=True)
class _Rule:
    soql: str
    code: str
    message: str = ""
    status: int = 400
    times: int | None = None


class Queries(Kind):
    """Rules for queries: the first that fits decides."""

    NAME = "queries"
    FORM = _FORM

    @override
    def __init__(self, given: list[dict[str, Any]], seed: int) -> None:
        super().__init__(given, seed)
        self._rules = tuple(_Rule(**item) for item in given)

    @override
    def on_query(self, soql: str) -> SalesforceError | None:
        for place, rule in enumerate(self._rules):
            fits = fnmatchcase(soql.lower(), rule.soql.lower())
            if fits and self._spend(place, rule.times):
                return SalesforceError(rule.code, rule.message, status=rule.status)
        return None
