"""What the lines of a Singer stream look like, and what is wrong with those that don't.

The usual forms of RECORD and STATE can be told by how they begin; any line can be parsed. No
error repeats what a line holds, since that may be customers' data: it names line and column.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from target_zuora360_cleanup.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "RECORD",
    "STATE",
    "Line",
    "broken",
    "head",
    "is_closed",
    "last_line",
    "parse",
    "run_lengths",
    "stream_of",
    "text_of",
    "unknown_type",
    "value_of",
]

Line: TypeAlias = dict[str, Any]

# singer-python writes `{"type": "RECORD", "stream": "S", "record": {`, the SDK the same without
# spaces; some taps put `stream` first. A stream name with escapes in it takes the slower way.
RECORD = re.compile(
    rb"""
    \{ \s* (?: "type"   \s* : \s* "RECORD"        \s* , \s* "stream" \s* : \s* ( "[^"\\]+" )
             | "stream" \s* : \s* ( "[^"\\]+" ) \s* , \s* "type"   \s* : \s* "RECORD" )
    \s* , \s* "record" \s* : \s* \{
    """,
    re.VERBOSE,
)
STATE = re.compile(rb'\{ \s* "type" \s* : \s* "STATE" \s* , \s* "value" \s* : \s* \{', re.VERBOSE)

_WORD = re.compile(r"[A-Za-z_]{1,40}")


def head(line: bytes) -> bytes:
    """What comes before the record in a RECORD of a usual form; of other lines, anything."""
    return line[: line.find(b'"record"')]


def is_closed(line: bytes) -> bool:
    """Whether a line looks whole: as many braces close as open. One in a string may spoil it."""
    return line.endswith(b"}}") and line.count(b"{") == line.count(b"}")


def run_lengths(block: bytes, headers: Iterable[bytes]) -> dict[bytes, int]:
    """How many lines of a block begin with each header, when all of them do; else nothing.

    To count is several times as fast as to look at each line.

    Args:
        block: whole lines, with the newline of the last one.
        headers: how lines may begin; none is the beginning of another.
    """
    if not block.endswith(b"}\n"):
        return {}
    counts = {each: block.count(b"}\n" + each) + block.startswith(each) for each in headers}
    # CPython counts a single byte four times as slowly as it removes it.
    newlines = len(block) - len(block.replace(b"\n", b""))
    return counts if sum(counts.values()) == newlines else {}


def last_line(block: bytes, headers: Iterable[bytes]) -> tuple[bytes, int]:
    """The last line of a block with one of these headers, and how many lines follow it."""
    start = max(block.rfind(b"\n" + each) for each in headers) + 1
    end = block.index(b"\n", start)
    return block[start:end], block.count(b"\n", end + 1)


def parse(line: bytes, number: int) -> Line:
    """The JSON object in a line.

    Raises:
        InputError: there is none.
    """
    try:
        # (a STATE's numbers are kept to the last digit)
        message = json.loads(line.decode(), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise broken(number, f"is no UTF-8 (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise broken(number, f"is no JSON (column {error.colno})") from None
    except (ValueError, RecursionError):
        raise broken(
            number, "is no JSON that can be read: a number or the nesting is too big"
        ) from None
    if not isinstance(message, dict):
        raise broken(number, "is JSON, but no object")
    return message


def stream_of(message: Line, number: int) -> str:
    """The name of the stream that a message belongs to.

    Raises:
        InputError: it has none.
    """
    stream = message.get("stream")
    if isinstance(stream, str) and stream:
        return stream
    raise broken(number, f"is a {message['type']} without the name of its stream")


def value_of(message: Line, number: int) -> dict[str, Any]:
    """The value of a STATE.

    Raises:
        InputError: it has none that is an object.
    """
    value = message.get("value")
    if isinstance(value, dict):
        return value
    raise broken(number, "is a STATE whose value is no object")


def text_of(string: bytes, number: int) -> str:
    """A JSON string without escapes, quotes included, as text.

    Raises:
        InputError: it is no UTF-8 or has control characters in it.
    """
    return str(parse(b'{"stream":%s}' % string, number)["stream"])


def broken(number: int, what: str) -> InputError:
    """The error for a line, without anything of its content."""
    return InputError(
        f"Line {number} of the tap's stream {what}. "
        "Only Singer messages may come there: check what the tap writes to stdout."
    )


def unknown_type(kind: object, number: int) -> InputError:
    """The error for a line whose ``type`` Singer doesn't know."""
    if kind is None:
        return broken(number, "has no message type")
    word = kind if isinstance(kind, str) and _WORD.fullmatch(kind) else "that is no word"
    return broken(number, f"has an unknown message type {word}")
