"""Reads a tap's Singer stream in one pass and constant memory.

What matters are the STATEs and which streams have RECORDs; the records themselves are thrown away.
So a RECORD line is told by its beginning and counted, and where all lines of a chunk begin like
lines before, only these beginnings are counted. The other lines are parsed.

Two kinds of lines are looked at from outside only, so that a fault inside them goes unseen: RECORDs
of the usual forms, and, where a tap writes a STATE after every record, those that others overtake
at once. One that was cut off is noticed all the same.

Deciding what to do is left to the caller, as are signals and threads.
"""

from __future__ import annotations

from collections import Counter
from typing import IO, TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.singer import lines
from target_zuora360_cleanup.singer.blocks import Blocks
from target_zuora360_cleanup.singer.messages import FirstRecord, Message, Schema, State

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

__all__ = ["CONFIG_TEST_STREAM", "FirstRecord", "Message", "Schema", "SingerStream", "State"]

# The stream that `meltano config test` sends to a loader.
CONFIG_TEST_STREAM: Final = "meltano_test_stream"

_CHUNK = 1 << 17  # bytes; twice what a Linux pipe holds
_NO_HEADER = b"\n"  # no line begins with it
_STATES_PARSED = 8  # of a block; the last one is parsed in any case
_STATE = ""  # stands where others have a stream
_BEGINNINGS = 5  # more of them take longer to count than the lines to look at


class SingerStream:
    """A tap's messages, to be iterated over once.

    Iterating raises ``InputError``, with the line's number, where the stream is broken. The rest
    must be read all the same, or Meltano fails with a broken pipe: ``drain`` does that.

    Attributes:
        counts: RECORDs so far, by stream.
        batches: BATCHes so far, by stream; how many records are in them isn't known.
        schemas: streams that a SCHEMA has described.
        line: number of the last line that has been handled, from 1.
    """

    def __init__(self, source: IO[bytes] | None, *, chunk_size: int = _CHUNK) -> None:
        """Wrap a binary stream.

        Args:
            source: such as ``sys.stdin.buffer``; lines are handled as they come, not when a buffer
                is full. None stands for a standard input that was closed (``sys.stdin`` is None).
            chunk_size: bytes to ask for at once.
        """
        self.counts: Counter[str] = Counter()
        self.batches: Counter[str] = Counter()
        self.schemas: set[str] = set()
        self.line = 0
        self._blocks = Blocks(source, chunk_size)
        self._has_messages = False
        self._has_state = False
        self._stream = ""
        self._header = _NO_HEADER
        self._state_header = _NO_HEADER
        self._states_in_block = 0
        self._recent: dict[bytes, str] = {}  # how the lines of the last block began, their streams
        self._known: dict[bytes, tuple[bytes, str]] = {}  # header and stream by the header's head
        # The latest STATE, as long as another may overtake it; perhaps only its line and number.
        self._held: State | tuple[bytes, int] | None = None
        self._handlers = {
            "SCHEMA": self._schema,
            "RECORD": self._record,
            "STATE": self._state,
            "BATCH": self._batch,
            "ACTIVATE_VERSION": self._version,
        }

    @property
    def is_config_test(self) -> bool:
        """Whether all that has come so far is the stream of ``meltano config test``."""
        return self.schemas == {CONFIG_TEST_STREAM}

    @property
    def is_under_way(self) -> bool:
        """Whether a STATE has come, and a SCHEMA that ``meltano config test`` doesn't send.

        From then on a cleanup may begin. A tap whose first STATE comes before its first SCHEMA, as
        tap-zuora's does, can be told from a test only at that SCHEMA.
        """
        return self._has_state and not self.schemas <= {CONFIG_TEST_STREAM}

    def __iter__(self) -> Iterator[Message]:
        for block in self._blocks:
            if runs := self._runs(block):
                yield from self._all_lines(block, runs)
            else:
                yield from self._each_line(block)
        yield from self._unfinished_line()
        if not self._has_messages:
            raise InputError(
                "The tap's stream is empty: not one message came on stdin. "
                "Check that the tap runs and has streams selected."
            )

    def drain(self) -> None:
        """Throw away what is left of the stream, to its end and without complaint."""
        self._blocks.drain()

    def _runs(self, block: bytes) -> dict[bytes, int]:
        is_worth_while = 0 < len(self._recent) <= _BEGINNINGS
        return lines.run_lengths(block, self._recent) if is_worth_while else {}

    def _all_lines(self, block: bytes, runs: dict[bytes, int]) -> Iterator[Message]:
        """Handle a block in which all lines begin like others before."""
        self.line += sum(runs.values())
        states = []
        for header, count in runs.items():
            if stream := self._recent[header]:
                self._count(count, stream)
            elif count:
                states.append(header)
        if states:
            line, following = lines.last_line(block, states)
            self._held = line, self.line - following
        self._forget(lambda header: not runs[header])
        yield from self._release_state()

    def _forget(self, is_old: Callable[[bytes], bool]) -> None:
        """Forget beginnings of RECORDs; STATEs come again."""
        self._recent = {
            header: stream
            for header, stream in self._recent.items()
            if stream == _STATE or not is_old(header)
        }

    def _each_line(self, block: bytes) -> Iterator[Message]:
        """Handle a block line by line; what comes by the million doesn't leave the loop."""
        first = self.line + 1
        run = self._states_in_block = 0
        self._state_header = _NO_HEADER
        self._forget(lambda header: header != self._header)
        for number, line in enumerate(block[:-1].split(b"\n"), first):
            if line.startswith(self._header) and line.endswith(b"}"):
                run += 1
            elif line.startswith(self._state_header) and lines.is_closed(line):
                self._held = line, number
            else:
                self._count(run, self._stream)
                self.line = number
                run = int(self._is_of_known_stream(line))
                if not run:
                    yield from self._other_line(line)
        self._count(run, self._stream)
        self.line = number
        yield from self._release_state()

    def _count(self, run: int, stream: str) -> None:
        if run:
            self.counts[stream] += run

    def _is_of_known_stream(self, line: bytes) -> bool:
        """Whether this is a RECORD like one before, though of another stream than the last one."""
        known = self._known.get(lines.head(line))
        if known is None or not (line.startswith(known[0]) and line.endswith(b"}")):
            return False
        self._header, self._stream = known
        self._recent[self._header] = self._stream
        return True

    def _other_line(self, line: bytes) -> Iterator[Message]:
        record = lines.RECORD.match(line)
        if record and line.endswith(b"}"):
            yield from self._usual_record(record)
        elif line.strip():
            yield from self._parsed(lines.parse(line, self.line))
            self._spare_states_like(line)

    def _spare_states_like(self, line: bytes) -> None:
        """Once a block has had its share of STATEs, parse no more of those that begin like this."""
        if state := lines.STATE.match(line):
            self._states_in_block += 1
            self._recent[state[0]] = _STATE
            if self._states_in_block >= _STATES_PARSED:
                self._state_header = state[0]

    def _unfinished_line(self) -> Iterator[Message]:
        """The last line when no newline follows it."""
        if not self._blocks.rest.strip():
            return
        self.line += 1
        try:
            message = lines.parse(self._blocks.rest, self.line)
        except InputError:
            raise InputError(
                f"The tap's stream ends in the middle of line {self.line}: the tap was cut off. "
                "Look into the tap's log, then run it again."
            ) from None
        yield from self._parsed(message)
        yield from self._release_state()

    def _parsed(self, message: lines.Line) -> Iterator[Message]:
        kind = message.get("type")
        handle = self._handlers.get(kind) if isinstance(kind, str) else None
        if handle is None:
            raise lines.unknown_type(kind, self.line)
        yield from handle(message)
        self._has_messages = True

    def _usual_record(self, record: re.Match[bytes]) -> Iterator[Message]:
        stream = lines.text_of(record[1] or record[2], self.line)
        yield from self._first_record(stream, "RECORD")
        self._header, self._stream = self._known[lines.head(record[0])] = record[0], stream
        self._recent[record[0]] = stream
        self._count(1, stream)

    def _record(self, message: lines.Line) -> Iterator[Message]:
        stream = lines.stream_of(message, self.line)
        if not isinstance(message.get("record"), dict):
            raise lines.broken(self.line, "is a RECORD without a record")
        yield from self._first_record(stream, "RECORD")
        self.counts[stream] += 1

    def _batch(self, message: lines.Line) -> Iterator[Message]:
        stream = lines.stream_of(message, self.line)
        yield from self._first_record(stream, "BATCH")
        self.batches[stream] += 1

    def _first_record(self, stream: str, kind: str) -> Iterator[Message]:
        if stream not in self.schemas:
            raise lines.broken(self.line, f"is a {kind} of stream {stream} before its SCHEMA")
        self._has_messages = True
        if stream not in self.counts and stream not in self.batches:
            yield from self._release_state()
            yield FirstRecord(stream)

    def _schema(self, message: lines.Line) -> Iterator[Message]:
        stream = lines.stream_of(message, self.line)
        if not isinstance(message.get("schema"), dict):
            raise lines.broken(self.line, "is a SCHEMA without a schema")
        yield from self._release_state()
        self.schemas.add(stream)
        yield Schema(stream)

    def _version(self, message: lines.Line) -> Iterator[Message]:
        lines.stream_of(message, self.line)
        yield from ()

    def _state(self, message: lines.Line) -> Iterator[Message]:
        self._held = State(lines.value_of(message, self.line))
        if not self._has_state:
            yield from self._release_state()

    def _release_state(self) -> Iterator[Message]:
        """Tell the STATE that has been held back, if there is one."""
        held, self._held = self._held, None
        if isinstance(held, tuple):
            held = State(lines.value_of(lines.parse(*held), held[1]))
        if held:
            self._has_state = True
            yield held
