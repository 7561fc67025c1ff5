"""A request and its answer as the handlers see them, free of the web framework.

A subrequest of a composite request is a `Call` like any other, so handlers serve both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.versions import ApiVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["EMPTY", "JSON", "Answer", "Call", "error_answer", "json_answer"]

JSON = "application/json;charset=UTF-8"


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        method: Upper case.
        path: The path as the client wrote it, without the query string.
        params: The parts of the path that its route names.
        query: The query string's parameters; the last of equal names.
        headers: Names in lower case.
        body: The body, decompressed; empty when it was spooled.
        upload: Where the body was spooled, for routes that ask for it.
        base_url: Scheme and host as the client sees the server, without a slash at the end.
        nested: A subrequest of a composite request.
    """

    method: str
    path: str
    base_url: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    upload: Path | None = None
    nested: bool = False

    @property
    def version(self) -> ApiVersion:
        """The API version in the path; NOT_FOUND for one that doesn't exist."""
        return ApiVersion.parse(self.params["version"])

    def json(self) -> Any:  # noqa: ANN401 - whatever the client sent
        """The body as JSON.

        Raises:
            SalesforceError: JSON_PARSER_ERROR.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected input: {error}") from error

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            SalesforceError: JSON_PARSER_ERROR, for anything else.
        """
        data = self.json()
        if not isinstance(data, dict):
            raise SalesforceError("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")
        return data

    def bearer(self) -> str:
        """The access token, or an empty text."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() in {"bearer", "oauth"} else ""


@dataclass(frozen=True)
class Answer:
    """What a handler gives back: ``content`` is bytes, or an iterable of bytes to stream."""

    status: int = 200
    content: bytes | Iterable[bytes] = b""
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


EMPTY = Answer(status=204)


def json_answer(data: object, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(data, ensure_ascii=False).encode(), JSON, named)


def error_answer(error: SalesforceError) -> Answer:
    """Salesforce's error body: a list with one object."""
    entry: dict[str, Any] = {"message": error.message, "errorCode": error.code}
    if error.fields:
        entry["fields"] = list(error.fields)
    return json_answer([entry], error.status)
