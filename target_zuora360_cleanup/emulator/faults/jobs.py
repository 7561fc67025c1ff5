"""Bulk jobs that fail or are aborted before they are complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, JobEnd, Kind, same

__all__ = ["Jobs"]

_FORM: Final[Form] = {
    "type": "array",
    "description": "Bulk jobs that don't complete.",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["state"],
        "properties": {
            "object": {
                "type": "string",
                "description": "API name; any when left out.",
            },
            "operation": {
                "enum": ["insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll"],
            },
            "state": {
                "enum": ["Failed", "Aborted"],
            },
            "after_batches": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "Internal batches of 10,000 rows that are done before.",
            },
            "error_message": {
                "type": "string",
            },
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "How many jobs end so; all when left out.",
            },
        },
    },
}


@dataclass(frozen=True)
class _Rule:
    state: str
    object: str | None = None
    operation: str | None = None
    after_batches: int = 0
    error_message: str | None = None
    times: int | None = None


class Jobs(Kind):
    """Rules for jobs: the first that fits decides."""

    NAME = "jobs"
    FORM = _FORM

    @override
    def __init__(self, given: list[dict[str, Any]], seed: int) -> None:
        super().__init__(given, seed)
        self._rules = tuple(_Rule(**item) for item in given)

    @override
    def on_job(self, operation: str, object_name: str) -> JobEnd | None:
        for place, rule in enumerate(self._rules):
            fits = rule.operation in {None, operation} and same(rule.object, object_name)
            if fits and self._spend(place, rule.times):
                return JobEnd(rule.state, rule.after_batches, rule.error_message)
        return None
