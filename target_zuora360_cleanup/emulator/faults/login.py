"""Logins that fail, by OAuth and by SOAP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind, LoginRefusal

__all__ = ["Login"]

_FORM: Final[Form] = {
    "description": (
        "Logins fail: an OAuth error code, or an object. SOAP logins fail with "
        "INVALID_LOGIN unless soap_code says otherwise."
    ),
    "oneOf": [
        {
            "type": "string",
            "minLength": 1,
        },
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["error"],
            "properties": {
                "error": {
                    "type": "string",
                    "minLength": 1,
                },
                "description": {
                    "type": "string",
                },
                "soap_code": {
                    "type": "string",
                },
                "times": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "How many logins fail; all when left out.",
                },
            },
        },
    ],
}


@dataclass(frozen=True)
class _Rule:
    error: str
    description: str = "authentication failure"
    soap_code: str = "INVALID_LOGIN"
    times: int | None = None


class Login(Kind):
    """Failing logins: all, or the first so many."""

    NAME = "login"
    FORM = _FORM

    @override
    def __init__(self, given: str | dict[str, Any], seed: int) -> None:
        super().__init__(given, seed)
        self._rule = _Rule(given) if isinstance(given, str) else _Rule(**given)

    @override
    def on_login(self) -> LoginRefusal | None:
        rule = self._rule
        if not self._spend("login", rule.times):
            return None
        return LoginRefusal(rule.error, rule.description, rule.soap_code)
