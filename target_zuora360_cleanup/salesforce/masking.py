"""Keeps secrets out of what is told of an answer. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "…"
SHOWN: Final = 200
"""Characters of an answer that are told."""
_LOOKED_AT: Final = 20_000
_NAMES: Final = (
    r"access_?token|refresh_?token|id_?token|session_?id|sid|signature|client_?secret|password|"
    r"security_?token|assertion|secret|authorization"
)
_NAMED: Final = re.compile(
    # `"name": "value"`, `name=value` and `<name>value</name>`
    rf"(?i)((?:{_NAMES})[\"']?\s*[:=>]\s*[\"']?(?:Bearer\s+)?)[^\"'&<>,\s}}]+"
)
_TOKENS: Final = re.compile(
    # session ids, JSON Web Tokens, refresh tokens
    r"00D[A-Za-z0-9]{9,15}(?:!|%21)[\w.%-]+|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|5A[a-z0-9][\w.]{40,}"
)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets: these, and whatever looks like a token or is named as one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _TOKENS.sub(MASK, _NAMED.sub(rf"\1{MASK}", text))


def beginning(content: bytes, secrets: Iterable[str] = ()) -> str:
    """The first characters of an answer, in a line and without secrets."""
    text = content[:_LOOKED_AT].decode(errors="replace").lstrip("\ufeff")
    line = " ".join(masked(text, secrets).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}{MASK}"
