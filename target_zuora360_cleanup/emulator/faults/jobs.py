"""Bulk jobs that end early, lose rows from their results, or tell numbers that are not true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Counters, Form, JobFault, Kind, same

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Jobs"]

_NUMBER: Final = {"type": "integer", "minimum": 0}
_FORM: Final[Form] = {
    "type": "array",
    "description": "What goes wrong with Bulk jobs. The first rule that fits a job decides.",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [
            {
                "required": ["state"],
            },
            {
                "required": ["missing"],
            },
            {
                "required": ["counters"],
            },
            {
                "required": ["retries"],
            },
        ],
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
                **_NUMBER,
                "default": 0,
                "description": "Internal batches of 10,000 rows that are done before.",
            },
            "error_message": {
                "type": "string",
            },
            "missing": {
                "type": "integer",
                "minimum": 1,
                "description": (
                    "Every n-th row of an upload is in none of the three files of results."
                ),
            },
            "missing_are_done": {
                "type": "boolean",
                "default": True,
                "description": "Whether the missing rows are written or deleted nevertheless.",
            },
            "counters": {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "description": (
                    "What numberRecordsProcessed and numberRecordsFailed show, whatever is true."
                ),
                "properties": {
                    "processed": _NUMBER,
                    "failed": _NUMBER,
                    "looks": {
                        "type": "integer",
                        "minimum": 1,
                        "description": (
                            "How often the job shows them once it has ended; always when left out."
                        ),
                    },
                },
            },
            "retries": {
                "type": "integer",
                "minimum": 1,
                "description": "How many tries of a batch the job shows, beyond the first.",
            },
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "How many jobs it happens to; all when left out.",
            },
        },
    },
}


class Jobs(Kind):
    """Rules for jobs: the first that fits decides."""

    NAME = "jobs"
    FORM = _FORM

    @override
    def __init__(self, given: list[dict[str, Any]], seed: int) -> None:
        super().__init__(given, seed)
        self._rules = tuple(given)

    @override
    def on_job(self, operation: str, object_name: str) -> JobFault | None:
        for place, rule in enumerate(self._rules):
            fits = rule.get("operation") in {None, operation} and same(
                rule.get("object"), object_name
            )
            if fits and self._spend(place, rule.get("times")):
                return _fault(rule)
        return None


def _fault(rule: Mapping[str, Any]) -> JobFault:
    counters = Counters(**rule["counters"]) if "counters" in rule else None
    named = ("state", "after_batches", "error_message", "missing", "missing_are_done", "retries")
    return JobFault(counters=counters, **{name: rule[name] for name in named if name in rule})
