"""Answers that are spoilt on their way, as proxies, time-outs and full disks spoil them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.wire.calls import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PAGE", "SPOILT", "body_of", "lacking", "spoilt"]

PAGE: Final = (
    b"<!DOCTYPE html>\n<html><head><title>Salesforce - Down for Maintenance</title></head>\n"
    b"<body><h1>We are down for maintenance.</h1><p>Sorry for the inconvenience.</p></body></html>"
)
_HTML: Final = "text/html; charset=UTF-8"
_ROW: Final = re.compile(rb'(?:[^"\n]|"[^"]*")*(?:\n|$)')
_LEAST: Final = 2
"""Lines of a CSV that has a row: the header is the first."""


def spoilt(how: str, answer: Answer) -> Answer:
    """The answer, spoilt in one of the ways of `SPOILT`."""
    if how == "html":
        return Answer(200, PAGE, _HTML)
    return replace(answer, content=_WAYS[how](body_of(answer)))


def lacking(key: str, answer: Answer) -> Answer:
    """The answer without a key of its JSON object; another answer as it is."""
    body = body_of(answer)
    data = _as_json(body)
    if not isinstance(data, dict):
        return replace(answer, content=body)
    left = {name: value for name, value in data.items() if name != key}
    return replace(answer, content=_text(left))


def body_of(answer: Answer) -> bytes:
    """The whole body."""
    content = answer.content
    return content if isinstance(content, bytes) else b"".join(content)


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _listed(body: bytes) -> bytes:
    data = _as_json(body)
    return body if data is None else _text([data])


def _not_utf8(body: bytes) -> bytes:
    """A byte that begins no character, in the middle."""
    return body[: len(body) // 2] + b"\xff" + body[len(body) // 2 :]


def _unclosed(body: bytes) -> bytes:
    """The last row ends within its last value, before the quote that closes it."""
    end = body.rstrip(b"\r\n")
    return end[:-2] if end.endswith(b'"') else end


def _short(body: bytes) -> bytes:
    """A list of records or a CSV without its last row, whatever counts it has beside them."""
    data = _as_json(body)
    if isinstance(data, dict) and data.get("records"):
        return _text({**data, "records": data["records"][:-1]})
    lines = [each.group() for each in _ROW.finditer(body) if each.group()]
    return b"".join(lines[:-1]) if len(lines) >= _LEAST else body


def _as_json(body: bytes) -> Any:  # noqa: ANN401 - whatever was answered
    try:
        return json.loads(body)
    except ValueError:
        return None


def _text(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


_WAYS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "half": _half,
    "empty": lambda _: b"",
    "list": _listed,
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "not_utf8": _not_utf8,
    "unclosed": _unclosed,
    "short": _short,
}
SPOILT: Final = ("html", *_WAYS)
