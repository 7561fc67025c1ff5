"""Sessions that expire: all of them at once, or each time that tokens were used so often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.wire.allowances import Allowances
    from target_zuora360_cleanup.emulator.wire.sessions import Sessions as Tokens

__all__ = ["Sessions"]

_FORM: Final[Form] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "description": "Expired sessions. Logging in again gives a token that works.",
    "properties": {
        "expire": {
            "const": True,
            "description": "Expire every token now.",
        },
        "every": {
            "type": "integer",
            "minimum": 1,
            "description": "Every n-th request that shows a valid token expires all tokens.",
        },
    },
}


class Sessions(Kind):
    """Expired sessions."""

    NAME = "sessions"
    FORM = _FORM

    @override
    def begin(self, sessions: Tokens, allowances: Allowances) -> None:
        if "expire" in self._given:
            sessions.expire()

    @override
    def on_session(self, uses: int) -> bool:
        every: int | None = self._given.get("every")
        return every is not None and uses % every == 0
