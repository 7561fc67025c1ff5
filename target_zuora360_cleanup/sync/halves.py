"""Marks half characters, of which JSON may hold some: nothing can be written with one. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

_HALF: Final = re.compile("[\ud800-\udfff]")


def whole(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A value in whose texts half characters are marked."""
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [whole(each) for each in value]
    if isinstance(value, dict):
        return {whole(name): whole(each) for name, each in value.items()}
    return value
