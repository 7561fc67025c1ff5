"""Reads the stream of mode `sync` as the SDK does, and to its end whatever comes."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, cast

from singer_sdk.exceptions import (
    InvalidInputLine,
    InvalidJSONSchema,
    InvalidRecord,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
from singer_sdk.io_base import SingerReader
from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.singer.input import stoppable_text
from target_zuora360_cleanup.singer.lines import broken, unknown_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_zuora360_cleanup.sync.run import SyncRun

logger = logging.getLogger(__name__)

_STATE: Final = "STATE"
_STATES: Final = ('{"type": "STATE", "value": {', '{"type":"STATE","value":{')
_RECORDS: Final = ('{"type": "RECORD"', '{"type":"RECORD"')
"""How the usual forms begin."""
_WHOLE: Final = "}}\n"
_DECODE: Final = json.JSONDecoder(parse_float=Decimal).decode
"""As the SDK reads numbers: to the last digit."""
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a character in JSON; most are one of two that belong together."""
_HALF: Final = re.compile("[\ud800-\udfff]")

BROKEN_STREAM: Final = (
    InvalidInputLine,
    InvalidJSONSchema,
    InvalidRecord,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
"""What the SDK says of a stream that it can't read."""


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
        self._line = 0
        self._state: tuple[int, str] | None = None
        self._counts: Counter[str] = Counter()

    @override
    def deserialize_json(self, line: str) -> dict[str, Any]:
        """The JSON object in a line.

        Raises:
            InputError: There is none.
        """
        try:
            if not line.isascii():
                line.encode()
            message: Any = _DECODE(line)
        except UnicodeEncodeError:
            raise broken(self._line, "is no UTF-8") from None
        except ValueError:
            raise broken(self._line, "is no JSON") from None
        if not isinstance(message, dict):
            raise broken(self._line, "is JSON, but no object")
        if _SURROGATE.search(line) and message.get("type") != _STATE:
            return cast("dict[str, Any]", _whole(message))
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
        lines = stoppable_text(file_input or self.default_input, self._run.stop)

        def read() -> None:
            self._counts += self._read(lines, callbacks)
            self._finish()

        result = self._run.follow(read)
        if isinstance(result.error, UnreadStream):
            raise result.error.exc
        result.reraise()
        return self._counts

    def _read(
        self, lines: IO[str], callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        try:
            return super().process_lines(cast("IO[str]", self._without_overtaken(lines)), callbacks)
        except BROKEN_STREAM as exc:
            error: Exception = UnreadStream(exc)
        except Exception as exc:  # noqa: BLE001 - it is raised below
            error = exc
        if self._run.stop.is_set():
            # (a stream that was read no further may well end in the middle of a line)
            raise Stopped if isinstance(error, UnreadStream) else error
        logger.error("%s The rest of the tap's stream is not loaded.", error)
        _drain(lines)
        raise error

    def tell_state(self) -> None:
        """Tell of the last STATE so far, if that was put off.

        Raises:
            InputError: It is no JSON.
        """
        if self._state is not None:
            now, (self._line, line), self._state = self._line, self._state, None
            self._tell(self.deserialize_json(line))
            self._line = now

    def _without_overtaken(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines without each STATE that another overtakes, with nothing but RECORDs between.

        Taps write one after every record. Whoever needs the last one so far asks for it.
        """
        for number, line in enumerate(lines, 1):
            if line.startswith(_STATES) and line.endswith(_WHOLE):
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


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A value in whose texts half characters are marked: nothing can be written with one."""
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    return value


def _drain(source: IO[str]) -> None:
    rest: IO[Any] = getattr(source, "buffer", source)
    while rest.read(1 << 18):
        pass
