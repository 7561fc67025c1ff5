"""What a tap's stream tells, apart from the records themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["FirstRecord", "Message", "Schema", "State"]


@dataclass(frozen=True)
class Schema:
    """A stream is described, for the first time or again."""

    stream: str


@dataclass(frozen=True)
class FirstRecord:
    """The first RECORD or BATCH of a stream has come; the last STATE before it has been told."""

    stream: str


@dataclass(frozen=True)
class State:
    """A STATE has come; those that another overtakes at once are left out."""

    value: dict[str, Any]


Message: TypeAlias = Schema | FirstRecord | State
