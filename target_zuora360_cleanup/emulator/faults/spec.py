"""Which faults are asked for, as a faults file or a request gives them.

The schema is made of the kinds' forms and is the documentation; the emulator answers it under
`GET /__emulator__/faults/schema`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.faults.kind import FaultSpecError
from target_zuora360_cleanup.emulator.faults.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from target_zuora360_cleanup.emulator.faults.kind import Kind

__all__ = ["FaultSpec", "FaultSpecError", "fault_schema"]

_SEED: Final = {
    "type": "integer",
    "description": "Makes every probability and random latency repeatable.",
    "default": 1,
}


@dataclass(frozen=True)
class FaultSpec:
    """Everything in one faults file.

    Attributes:
        given: The JSON data, which follows the schema.
    """

    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """What makes chances repeatable."""
        seed: int = self.given.get("seed", 1)
        return seed

    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that it has faults of, with all counters at zero."""
        named = (kind for kind in KINDS if kind.NAME in self.given)
        return tuple(kind(self.given[kind.NAME], self.seed) for kind in named)

    @classmethod
    def load(cls, path: Path) -> FaultSpec:
        """Read a faults file.

        Raises:
            FaultSpecError: It is no JSON or doesn't follow the schema.
            OSError: It can't be read.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FaultSpecError(f"{path} is no JSON: {error}") from error
        return cls.parse(data)

    @classmethod
    def parse(cls, data: Any) -> FaultSpec:  # noqa: ANN401 - JSON of any kind, checked here
        """Read the faults from JSON data.

        Raises:
            FaultSpecError: They don't follow the schema.
        """
        _validate(data)
        return cls(data)


def fault_schema() -> dict[str, Any]:
    """The JSON schema of the faults."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Faults of the emulated Salesforce org",
        "type": "object",
        "additionalProperties": False,
        "properties": {"seed": _SEED, **{kind.NAME: kind.FORM for kind in KINDS}},
    }


def _validate(data: object) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(fault_schema()).iter_errors(data))
    if error is not None:
        raise FaultSpecError(f"Faults at {error.json_path}: {error.message}")
