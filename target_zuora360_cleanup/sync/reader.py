"""Reads the stream of mode `sync` as the SDK does, and to its end whatever comes."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

import msgspec
from singer_sdk.exceptions import (
    InvalidInputLine,
    InvalidJSONSchema,
    InvalidRecord,
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)
from singer_sdk.io_base import SingerReader
from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.singer.blocks import Blocks
from target_zuora360_cleanup.singer.input import stoppable
from target_zuora360_cleanup.singer.lines import broken, unknown_type
from target_zuora360_cleanup.sync.halves import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from target_zuora360_cleanup.sync.run import SyncRun

logger = logging.getLogger(__name__)

_STATE: Final = "STATE"
_KIND: Final = {"type"}
_STATES: Final = ('{"type": "STATE", "value": {', '{"type":"STATE","value":{')
_RECORDS: Final = ('{"type": "RECORD"', '{"type":"RECORD"')
"""How the usual forms begin."""
_WHOLE: Final = ("}}", "}}\r")
_CHUNK_BYTES: Final = 1 << 16
"""As much as a pipe holds."""
_DECODE: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=str).decode
"""As the SDK reads numbers: to the last digit; what is no number, such as NaN, is its name."""
_QUICK: Final = msgspec.json.Decoder(float_hook=Decimal).decode
"""Reads what it reads as `_DECODE` does, in a third of the time; it refuses halves of characters,
and numbers such as NaN."""
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a character in JSON; most are one of two that belong together."""

BROKEN_STREAM: Final = (
    InvalidInputLine,
    InvalidJSONSchema,
    InvalidRecord,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
"""What the SDK says of a stream that it can't read."""

WRONG_MAPS: Final = (MapExpressionError, StreamMapConfigError)
"""What the SDK says of `stream_maps` that it can't follow."""


def wrong_maps(exc: Exception) -> InputError:
    """The same as the user's to mend."""
    return InputError(f"stream_maps: {' '.join(str(exc).split()).rstrip('.')}.")


class UnreadStream(InputError):
    """What the SDK says of a stream that it can't read, with nothing of a record in it.

    Attributes:
        exc: The SDK's own exception.
    """

    def __init__(self, exc: Exception) -> None:
        # (the SDK repeats whole lines in some of its messages)
        what = " ".join(str(exc).split()).partition(": {")[0].rstrip(".")
        super().__init__(
            f"The tap's stream can't be loaded: {what}. Check what the tap writes to stdout."
        )
        self.exc = exc


class SyncReader(SingerReader):
    """Hands messages on until one can't be loaded; then the rest is thrown away.

    A target that leaves early makes Meltano fail with a broken pipe, which hides the reason.

    Args:
        run: Follows the reading.
        finish: Loads the rest, at the end of the stream.
        tell: Takes a STATE.
    """

    def __init__(
        self,
        run: SyncRun,
        finish: Callable[[], None],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__()
        self._run, self._finish, self._tell = run, finish, tell
        self._line, self._may_hold_halves, self._is_cut = 0, True, False
        self._state: tuple[int, str] | None = None
        self._counts: Counter[str] = Counter()

    @override
    def deserialize_json(self, line: str) -> dict[str, Any]:
        """The JSON object in a line.

        Raises:
            InputError: There is none.
        """
        try:
            message: Any = None if self._may_hold_halves else _QUICK(line)
        except (msgspec.DecodeError, RecursionError):
            message = None
        return message if isinstance(message, dict) else self._slowly(line)

    def _slowly(self, line: str) -> dict[str, Any]:
        try:
            line.encode()
            message: Any = _DECODE(line)
            if _SURROGATE.search(line) and isinstance(message, dict):
                message = message if message.get("type") == _STATE else whole(message)
        except UnicodeEncodeError:
            raise broken(self._line, "is no UTF-8") from None
        except ValueError:
            raise broken(self._line, "is no JSON") from None
        except RecursionError:
            raise broken(self._line, "is nested too deeply") from None
        if not isinstance(message, dict):
            raise broken(self._line, "is JSON, but no object")
        return message

    @override
    def process_lines(
        self,
        file_input: IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Have a thread of the run's read the stream, load the rest at its end, and tell.

        Raises:
            CleanupError: With the exit status that the run deserves; the report has told it.
            Exception: The SDK's own, one of `BROKEN_STREAM`; the report has told it too.
        """
        blocks = Blocks(stoppable(file_input or self.default_input, self._run.stop), _CHUNK_BYTES)

        def read() -> None:
            self._read(blocks, callbacks)
            self._finish()

        result = self._run.follow(read)
        if isinstance(result.error, UnreadStream):
            raise result.error.exc
        result.reraise()
        return self._counts

    def _read(
        self, blocks: Blocks, callbacks: Mapping[str, Callable[[dict[str, Any]], None]]
    ) -> None:
        error: Exception | None = None
        try:
            for line in self._without_overtaken(self._lines(blocks)):
                self._hand_on(self.deserialize_json(line), callbacks)
        except BROKEN_STREAM as exc:
            error = UnreadStream(exc)
        except WRONG_MAPS as exc:
            error = wrong_maps(exc)
        except Exception as exc:  # noqa: BLE001 - it is raised below
            error = exc
        if error is None:
            return
        if self._run.stop.is_set():
            # (a stream that was read no further may well end in the middle of a line)
            raise Stopped if isinstance(error, UnreadStream) else error
        logger.error("%s The rest of the tap's stream is not loaded.", error)
        blocks.drain()
        raise error

    def _hand_on(
        self,
        message: dict[str, Any],
        callbacks: Mapping[str, Callable[[dict[str, Any]], None]],
    ) -> None:
        kind = message.get("type")
        if isinstance(kind, str) and (callback := callbacks.get(kind)):
            callback(message)
            self._counts[kind] += 1
        else:
            self.assert_line_requires(message, requires=_KIND)
            self._process_unknown_message(message)

    def _lines(self, blocks: Blocks) -> Iterator[str]:
        """The stream's lines without their ends, as they come."""
        for block in blocks:
            yield from self._text(block)
        self._is_cut = True
        yield from self._text(blocks.rest)

    def _text(self, block: bytes) -> Iterable[str]:
        """The lines of a block; bytes that are no UTF-8 become halves of characters."""
        try:
            text = block.decode()
            self._may_hold_halves = _SURROGATE.search(text) is not None
        except UnicodeDecodeError:
            # (it is told of the line that holds it, not of the block)
            text, self._may_hold_halves = block.decode(errors="surrogateescape"), True
        # (other characters that end a line may stand in a text)
        lines = text.split("\n")
        return lines if lines[-1] else lines[:-1]

    def tell_state(self) -> None:
        """Tell of the last STATE so far, if that was put off.

        Raises:
            InputError: It is no JSON.
        """
        if self._state is not None:
            now, (self._line, line), self._state = self._line, self._state, None
            # (it may be of a block before)
            of_now, self._may_hold_halves = self._may_hold_halves, True
            self._tell(self.deserialize_json(line))
            self._line, self._may_hold_halves = now, of_now

    def _without_overtaken(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines without each STATE that another overtakes, with nothing but RECORDs between.

        Taps write one after every record. Whoever needs the last one so far asks for it.
        """
        for number, line in enumerate(lines, 1):
            if line.startswith(_STATES) and line.endswith(_WHOLE) and not self._is_cut:
                self._state = number, line
                self._counts[_STATE] += 1
                continue
            if not line.startswith(_RECORDS):
                self.tell_state()
            self._line = number
            yield line
        self.tell_state()

    @override
    def _process_unknown_message(self, message_dict: dict[str, Any]) -> NoReturn:
        raise unknown_type(message_dict["type"], self._line)
