"""Refresh tokens that are good for one login: each answer has the next one."""

from __future__ import annotations

import hashlib
from typing import Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind, LoginRefusal

__all__ = ["RefreshTokens"]

_FORM: Final[Form] = {
    "const": "rotate",
    "description": (
        "A login by a refresh token gives a new one, and the old one is refused from then on."
    ),
}
_USED: Final = LoginRefusal("invalid_grant", "expired access/refresh token", "INVALID_LOGIN")


class RefreshTokens(Kind):
    """Rotation, as an external client app may have it."""

    NAME = "refresh_tokens"
    FORM = _FORM

    @override
    def __init__(self, given: str, seed: int) -> None:
        super().__init__(given, seed)
        self._used: set[str] = set()

    @override
    def on_refresh(self, token: str) -> tuple[LoginRefusal | None, str | None]:
        if token in self._used:
            return _USED, None
        self._used.add(token)
        return None, _following(token, self._seed)


def _following(token: str, seed: int) -> str:
    return f"5Aep{hashlib.sha256(f'{seed}:{token}'.encode()).hexdigest()}"
