"""Which faults are asked for: `faults.schema.json` read into frozen objects.

The schema is the documentation; `GET /__emulator__/faults/schema` answers it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "AllowanceFault",
    "FaultSpec",
    "FaultSpecError",
    "JobFault",
    "LoginFault",
    "QueryFault",
    "RequestFault",
    "RowFault",
    "fault_schema",
]


class FaultSpecError(ValueError):
    """The faults don't follow the schema; the message says where."""


@dataclass(frozen=True)
class RequestFault:
    """What happens to matching requests."""

    method: str | None = None
    path: str | None = None
    probability: float | None = None
    nth: int = 1
    every: int = 1
    times: int | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    latency: float | tuple[float, float] = 0.0
    cut: str | None = None

    @property
    def decides(self) -> bool:
        """Whether it changes the answer, and not only when it comes."""
        return self.status is not None or self.cut is not None


@dataclass(frozen=True)
class RowFault:
    """Rows that can't be written or deleted."""

    code: str
    message: str = ""
    object: str | None = None
    operation: str | None = None
    ids: frozenset[str] | None = None
    share: float | None = None
    every: int | None = None
    fields: tuple[str, ...] = ()
    times: int | None = None


@dataclass(frozen=True)
class LoginFault:
    """Logins that fail."""

    error: str
    description: str = "authentication failure"
    soap_code: str = "INVALID_LOGIN"
    times: int | None = None


@dataclass(frozen=True)
class JobFault:
    """Bulk jobs that don't complete."""

    state: str
    object: str | None = None
    operation: str | None = None
    after_batches: int = 0
    error_message: str | None = None
    times: int | None = None


@dataclass(frozen=True)
class QueryFault:
    """SOQL over REST, alone or in a composite request, that is refused; Bulk queries are not."""

    soql: str
    code: str
    message: str = ""
    status: int = 400
    times: int | None = None


@dataclass(frozen=True)
class AllowanceFault:
    """An allowance that is set; None leaves it."""

    maximum: int | None = None
    remaining: int | None = None


@dataclass(frozen=True)
class FaultSpec:
    """Everything in one faults file.

    Attributes:
        given: The JSON data that it was read from.
    """

    seed: int = 1
    requests: tuple[RequestFault, ...] = ()
    rows: tuple[RowFault, ...] = ()
    jobs: tuple[JobFault, ...] = ()
    queries: tuple[QueryFault, ...] = ()
    login: LoginFault | None = None
    expire_now: bool = False
    expire_every: int | None = None
    allowances: Mapping[str, AllowanceFault] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

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
        sessions = data.get("sessions", {})
        return cls(
            seed=data.get("seed", 1),
            requests=tuple(_request(item) for item in data.get("requests", ())),
            rows=tuple(_row(item) for item in data.get("rows", ())),
            jobs=tuple(JobFault(**item) for item in data.get("jobs", ())),
            queries=tuple(QueryFault(**item) for item in data.get("queries", ())),
            login=_login(data.get("login")),
            expire_now="expire" in sessions,
            expire_every=sessions.get("every"),
            allowances={
                name: AllowanceFault(item.get("Max"), item.get("Remaining"))
                for name, item in data.get("allowances", {}).items()
            },
            given=data,
        )


@cache
def fault_schema() -> dict[str, Any]:
    """The JSON schema of the faults."""
    source = files("target_zuora360_cleanup.emulator.faults") / "faults.schema.json"
    schema: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return schema


def _validate(data: object) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(fault_schema()).iter_errors(data))
    if error is not None:
        raise FaultSpecError(f"Faults at {error.json_path}: {error.message}")


def _request(item: Mapping[str, Any]) -> RequestFault:
    latency = item.get("latency", 0.0)
    fixed = tuple(latency) if isinstance(latency, list) else latency
    return RequestFault(**{**item, "latency": fixed})


def _row(item: Mapping[str, Any]) -> RowFault:
    ids = item.get("ids")
    short = None if ids is None else frozenset(value[:15] for value in ids)
    return RowFault(**{**item, "ids": short, "fields": tuple(item.get("fields", ()))})


def _login(item: str | Mapping[str, Any] | None) -> LoginFault | None:
    if item is None:
        return None
    return LoginFault(item) if isinstance(item, str) else LoginFault(**item)
