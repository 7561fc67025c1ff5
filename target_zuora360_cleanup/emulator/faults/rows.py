"""Rows that can't be written, deleted or undeleted: locks, triggers' vetoes, validation rules.

Rows are chosen by a hash or the number of their id, so the same ones fail in whatever order they
come.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind, same
from target_zuora360_cleanup.emulator.schema.ids import MalformedIdError, parse
from target_zuora360_cleanup.emulator.wire.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Rows"]

_FORM: Final[Form] = {
    "type": "array",
    "description": (
        "Rows that can't be written, deleted or undeleted. The first rule that matches decides."
    ),
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["code"],
        "properties": {
            "object": {
                "type": "string",
                "description": "API name; any when left out.",
            },
            "operation": {
                "enum": ["insert", "update", "upsert", "delete", "hardDelete", "undelete"],
                "description": "delete covers hardDelete too; any when left out.",
            },
            "ids": {
                "type": "array",
                "items": {
                    "type": "string",
                    "minLength": 15,
                },
                "description": "15 or 18 character ids.",
            },
            "share": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "Share of the ids, always the same ones for a seed.",
            },
            "every": {
                "type": "integer",
                "minimum": 1,
                "description": "Every n-th id, by the number in the id.",
            },
            "code": {
                "type": "string",
                "minLength": 1,
                "description": "Status code, such as UNABLE_TO_LOCK_ROW.",
            },
            "message": {
                "type": "string",
                "description": "May have several lines.",
            },
            "fields": {
                "type": "array",
                "items": {
                    "type": "string",
                },
            },
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": (
                    "How often the same row fails before it works; always when left out."
                ),
            },
        },
    },
}


@dataclass(frozen=True)
class _Rule:
    code: str
    message: str = ""
    object: str | None = None
    operation: str | None = None
    ids: frozenset[str] | None = None
    share: float | None = None
    every: int | None = None
    fields: tuple[str, ...] = ()
    times: int | None = None

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> _Rule:
        ids = item.get("ids")
        short = None if ids is None else frozenset(value[:15] for value in ids)
        return cls(**{**item, "ids": short, "fields": tuple(item.get("fields", ()))})

    def fits(self, operation: str, object_name: str) -> bool:
        return same(self.object, object_name) and _covers(self.operation, operation)

    def chooses(self, record_id: str, seed: int) -> bool:
        if self.ids is not None and record_id[:15] not in self.ids:
            return False
        if self.every is not None and _number(record_id) % self.every:
            return False
        return self.share is None or _draw(seed, record_id) < self.share


class Rows(Kind):
    """Rules for rows: the first that strikes decides."""

    NAME = "rows"
    FORM = _FORM

    @override
    def __init__(self, given: list[dict[str, Any]], seed: int) -> None:
        super().__init__(given, seed)
        self._rules = tuple(map(_Rule.read, given))

    @override
    def on_row(self, operation: str, object_name: str, record_id: str) -> RowError | None:
        for place, rule in enumerate(self._rules):
            if (
                rule.fits(operation, object_name)
                and rule.chooses(record_id, self._seed)
                and (rule.times is None or self._spend((place, record_id[:15]), rule.times))
            ):
                return RowError(rule.code, rule.message, rule.fields)
        return None


def _covers(wanted: str | None, operation: str) -> bool:
    return wanted in {None, operation} or (wanted == "delete" and operation == "hardDelete")


def _number(record_id: str) -> int:
    try:
        return parse(record_id)[1]
    except MalformedIdError:
        return -1


def _draw(seed: int, record_id: str) -> float:
    """A number from 0 to 1 that depends on the seed and the id only."""
    return zlib.crc32(f"{seed}:{record_id[:15]}".encode()) / 2**32
