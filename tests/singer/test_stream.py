from __future__ import annotations

import gzip
import io
import json
import os
import threading
import tracemalloc
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.singer import lines as singer_lines
from target_zuora360_cleanup.singer.stream import FirstRecord, Message, Schema, SingerStream, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "mary@example.com"
UNUSUAL = {  # forms of RECORD that have to be parsed
    "sorted keys": '{"record": {"a": 1}, "stream": "Account", "type": "RECORD"}',
    "record before stream": '{"type": "RECORD", "record": {}, "stream": "Account"}',
    "version first": '{"version": 1, "type": "RECORD", "stream": "Account", "record": {}}',
    "version before record": '{"type": "RECORD", "stream": "Account", "version": 1, "record": {}}',
    "escaped name": '{"type": "RECORD", "stream": "Acc\\u006funt", "record": {}}',
    "escaped type": '{"type": "REC\\u004fRD", "stream": "Account", "record": {}}',
    "white space behind": '{"type": "RECORD", "stream": "Account", "record": {}} \t',
    "carriage return": '{"type": "RECORD", "stream": "Account", "record": {}}\r',
    "white space in front": '  {"type": "RECORD", "stream": "Account", "record": {}}',
}
USUAL = {  # forms that are told by how they begin
    "singer-python": '{"type": "RECORD", "stream": "Account", "record": {"a": {"b": "}"}}}',
    "singer-sdk": '{"type":"RECORD","stream":"Account","record":{"a":1},"version":1}',
    "stream first": '{"stream": "Account", "type": "RECORD", "record": {}}',
    "more spaces": '{ "type" : "RECORD" ,\t"stream" : "Account" , "record" : { } }',
}


def schema(stream: str) -> str:
    return json.dumps({"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": []})


def record(stream: str, **fields: object) -> str:
    return json.dumps({"type": "RECORD", "stream": stream, "record": fields})


def batch(stream: str) -> str:
    return json.dumps({"type": "BATCH", "stream": stream, "encoding": {}, "manifest": []})


def state(**bookmarks: object) -> str:
    return json.dumps({"type": "STATE", "value": {"bookmarks": bookmarks}})


def told(**bookmarks: object) -> State:
    return State({"bookmarks": bookmarks})


def stream_of(*lines: str | bytes, chunk_size: int = 1 << 18) -> SingerStream:
    raw = (line if isinstance(line, bytes) else line.encode() for line in lines)
    return SingerStream(io.BytesIO(b"".join(line + b"\n" for line in raw)), chunk_size=chunk_size)


def read(*lines: str | bytes) -> list[Message]:
    return list(stream_of(*lines))


class Pipe:
    """An operating system's pipe: what a tap would write is written by the test."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.source: IO[bytes] = os.fdopen(reading, "rb")
        self._writing = writing

    def write(self, *lines: str) -> None:
        os.write(self._writing, "".join(line + "\n" for line in lines).encode())

    def close(self) -> None:
        os.close(self._writing)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.source.close()


def test_messages_are_told_in_their_order() -> None:
    stream = stream_of(
        state(), schema("Account"), record("Account"), record("Account"), state(Account=1)
    )
    assert list(stream) == [told(), Schema("Account"), FirstRecord("Account"), told(Account=1)]
    assert stream.counts == {"Account": 2}
    assert stream.line == 5


@pytest.mark.parametrize("form", [*USUAL, *UNUSUAL])
def test_a_record_counts_in_whatever_form_it_is_written(form: str) -> None:
    line = {**USUAL, **UNUSUAL}[form]
    stream = stream_of(schema("Account"), line, line, record("Account"), line)
    assert list(stream) == [Schema("Account"), FirstRecord("Account")]
    assert stream.counts == {"Account": 4}


@pytest.mark.parametrize("form", USUAL)
def test_a_record_of_a_usual_form_is_not_parsed(form: str) -> None:
    line = USUAL[form].replace('"a":', '"a" no JSON')
    assert read(schema("Account"), line, line) == [Schema("Account"), FirstRecord("Account")]


def test_a_record_whose_fields_look_like_a_message_is_a_record_all_the_same() -> None:
    fields = {"type": "STATE", "value": {"bookmarks": {"x": 1}}, "record": {}, "stream": "Other"}
    message = {"type": "RECORD", "stream": "Account", "record": fields}
    sorted_keys = json.dumps(message, sort_keys=True)
    stream = stream_of(schema("Account"), json.dumps(message), sorted_keys)
    assert list(stream) == [Schema("Account"), FirstRecord("Account")]
    assert stream.counts == {"Account": 2}


def test_of_streams_that_take_turns_each_record_is_counted_for_its_own() -> None:
    names = ["Account", "Accounts", "A", "Ünvoice", 'In"voice', "Refund"]
    lines = [record(names[i * i % 6], i=i) for i in range(999)]
    stream = stream_of(*map(schema, names), *lines, chunk_size=500)
    list(stream)
    assert stream.counts == {
        name: sum(i * i % 6 == n for i in range(999))
        for n, name in enumerate(names)
        if n in {i * i % 6 for i in range(999)}
    }


@pytest.mark.parametrize("chunk_size", [1, 2, 7, 64, 333, 4096])
def test_the_size_of_chunks_changes_nothing_but_how_many_states_are_told(chunk_size: int) -> None:
    lines = [state(), schema("A"), schema("B")]
    for i in range(50):
        lines += [record("AB"[i % 7 == 3], i="é" * i), *([state(A=i)] if i % 5 == 0 else [])]
    whole, cut = stream_of(*lines), stream_of(*lines, chunk_size=chunk_size)
    expected, seen = list(whole), list(cut)
    assert seen[-1] == expected[-1] == told(A=45)
    assert cut.counts == whole.counts == {"A": 43, "B": 7}
    assert cut.line == whole.line == len(lines)
    assert state_before("B", seen) == state_before("B", expected) == told(A=0)


def state_before(stream: str, messages: list[Message]) -> State:
    earlier = messages[: messages.index(FirstRecord(stream))]
    return [message for message in earlier if isinstance(message, State)][-1]


def test_the_first_and_the_last_state_and_that_before_a_streams_first_record_are_told() -> None:
    lines = [schema("A"), schema("B"), state(n=0)]
    lines += [state(n=1), record("A"), state(n=2), record("A"), state(n=3), record("B")]
    lines += [state(n=4), record("B"), state(n=5), state(n=6)]
    assert read(*lines)[2:] == [
        told(n=0),
        told(n=1),
        FirstRecord("A"),
        told(n=3),
        FirstRecord("B"),
        told(n=6),
    ]


def test_a_state_is_told_before_a_schema_that_follows_it() -> None:
    lines = [schema("A"), state(n=0), state(n=1), schema("B"), state(n=2)]
    assert read(*lines)[1:] == [told(n=0), told(n=1), Schema("B"), told(n=2)]


def after_each_record(count: int) -> list[str]:
    """What tap-zuora writes: a STATE behind every RECORD."""
    return [line for i in range(count) for line in (record("A", i=i), state(n=i))]


def test_with_a_state_after_every_record_the_last_one_is_told_and_every_record_counted() -> None:
    stream = stream_of(schema("A"), schema("B"), *after_each_record(100), record("B"), state(n=100))
    assert list(stream)[2:] == [
        FirstRecord("A"),
        told(n=0),
        told(n=99),
        FirstRecord("B"),
        told(n=100),
    ]
    assert stream.counts == {"A": 100, "B": 1}
    assert stream.line == 204


@pytest.mark.parametrize("before", [[], after_each_record(100)])
@pytest.mark.parametrize("behind", [[], [record("A")] * 3, [record("B")]])
def test_a_state_that_is_told_is_parsed_and_an_error_names_its_line(
    before: list[str], behind: list[str]
) -> None:
    line = '{"type": "STATE", "value": {"A" 3}}'
    with pytest.raises(InputError, match=rf"Line {len(before) + 3} .* is no JSON"):
        read(schema("A"), schema("B"), *before, line, *behind)


def test_a_state_that_was_cut_off_is_an_error_among_however_many() -> None:
    lines = [schema("A"), *after_each_record(100), state(n=100)[:-1], *after_each_record(100)]
    with pytest.raises(InputError, match=r"Line 202 .* is no JSON"):
        read(*lines)


def test_a_batch_counts_as_first_record_and_is_counted_apart() -> None:
    stream = stream_of(schema("A"), state(), batch("A"), batch("A"), record("A"))
    assert list(stream) == [Schema("A"), told(), FirstRecord("A")]
    assert (stream.counts, stream.batches) == ({"A": 1}, {"A": 2})


def test_activate_version_and_blank_lines_are_passed_over() -> None:
    version = '{"type": "ACTIVATE_VERSION", "stream": "A", "version": 1}'
    stream = stream_of("", schema("A"), "  \t", version, "", record("A"), "\r")
    assert list(stream) == [Schema("A"), FirstRecord("A")]
    assert stream.line == 7


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no JSON": (f"WARNING {SECRET}", "is no JSON"),
    "cut record": (f'{{"type": "RECORD", "stream": "A", "record": {{"e": "{SECRET}', "is no JSON"),
    "cut record of a known form": (record("A", e=SECRET)[:-2], "is no JSON"),
    "two messages": (state(A=1) + state(A=2), "is no JSON"),
    "state broken inside": ('{"type": "STATE", "value": {"A" 3}}', "is no JSON"),
    "array": (f'["{SECRET}"]', "no object"),
    "number": ("1", "no object"),
    "null": ("null", "no object"),
    "NUL byte": (b'{"type": "STATE", "value": {"a": "\0"}}', "is no JSON"),
    "NUL bytes only": (b"\0\0\0\0", "is no JSON"),
    "no UTF-8": (b'{"type": "STATE", "value": {"a": "\xff"}}', "is no UTF-8"),
    "no UTF-8 in the name": (b'{"type":"RECORD","stream":"\xff","record":{}}', "is no UTF-8"),
    "UTF-16": (state().encode("utf-16"), "is no UTF-8"),
    "control character in the name": ('{"type":"RECORD","stream":"\t","record":{}}', "is no JSON"),
    "huge nesting": ("[" * 200_000, "is no JSON"),
    "no type": (f'{{"record": "{SECRET}"}}', "no message type"),
    "unknown type": ('{"type": "TRACE"}', "unknown message type TRACE"),
    "lower case type": ('{"type": "record"}', "unknown message type record"),
    "type of a person": (f'{{"type": "{SECRET}"}}', "unknown message type"),
    "type is an object": ('{"type": {"a": 1}}', "unknown message type"),
    "record of an unknown stream": (record("B"), "RECORD of stream B before its SCHEMA"),
    "unusual record of an unknown stream": (
        '{"record": {}, "stream": "B", "type": "RECORD"}',
        "RECORD of stream B before its SCHEMA",
    ),
    "batch of an unknown stream": (batch("B"), "BATCH of stream B before its SCHEMA"),
    "record without stream": ('{"type": "RECORD", "record": {}}', "RECORD without the name"),
    "record with an empty stream": ('{"type":"RECORD","stream":"","record":{}}', "without the"),
    "record whose stream is a number": ('{"type":"RECORD","stream":1,"record":{}}', "without the"),
    "record without record": ('{"type": "RECORD", "stream": "A"}', "RECORD without a record"),
    "record is a string": ('{"type":"RECORD","stream":"A","record":"x"}', "without a record"),
    "schema without stream": ('{"type": "SCHEMA", "schema": {}}', "SCHEMA without the name"),
    "schema without schema": ('{"type": "SCHEMA", "stream": "A"}', "SCHEMA without a schema"),
    "batch without stream": ('{"type": "BATCH"}', "BATCH without the name"),
    "version without stream": ('{"type": "ACTIVATE_VERSION"}', "ACTIVATE_VERSION without"),
    "state without value": ('{"type": "STATE"}', "STATE whose value is no object"),
    "state null": ('{"type": "STATE", "value": null}', "STATE whose value is no object"),
    "state array": ('{"type": "STATE", "value": []}', "STATE whose value is no object"),
    "state cut": (state(A=1)[:-1], "is no JSON"),
}


@pytest.mark.parametrize("form", BROKEN)
@pytest.mark.parametrize("chunk_size", [64, 1 << 18])
def test_a_broken_line_is_an_error_with_its_number_and_without_its_content(
    form: str, chunk_size: int
) -> None:
    line, reason = BROKEN[form]
    good = [schema("A"), state(), record("A"), state(A=0), record("A")]
    stream = stream_of(*good, "", line, record("A"), state(A=2), chunk_size=chunk_size)
    with pytest.raises(InputError) as caught:
        list(stream)
    assert str(caught.value).startswith("Line 7 of the tap's stream ")
    assert reason in str(caught.value)
    assert SECRET not in str(caught.value)
    assert stream.line == 7


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n", b"   "])
def test_a_stream_without_a_message_is_an_error(content: bytes) -> None:
    with pytest.raises(InputError, match="empty"):
        list(SingerStream(io.BytesIO(content)))


@pytest.mark.parametrize("last", [state(A=1), record("A"), schema("A")])
def test_a_last_line_without_newline_counts_when_it_is_complete(last: str) -> None:
    content = f"{schema('A')}\n{state()}\n{last}".encode()
    stream = SingerStream(io.BytesIO(content))
    messages = list(stream)
    assert (messages[-1], stream.line) == (read(schema("A"), state(), last)[-1], 3)
    assert stream.counts.total() == (last == record("A"))


@pytest.mark.parametrize(
    "last", [state(A=1)[:-1], record("A", e=SECRET)[:-2], "{", '"', "1", "\0", record("A")[:-1]]
)
def test_a_stream_that_ends_in_the_middle_of_a_line_is_an_error(last: str) -> None:
    stream = SingerStream(io.BytesIO(f"{schema('A')}\n{record('A')}\n{last}".encode()))
    with pytest.raises(InputError, match="ends in the middle of line 3") as caught:
        list(stream)
    assert SECRET not in str(caught.value)


def test_an_incomplete_character_at_the_end_is_the_middle_of_a_line() -> None:
    with pytest.raises(InputError, match="ends in the middle of line 1"):
        list(SingerStream(io.BytesIO(state(A="x").encode()[:-4] + b"\xc3")))


def test_what_follows_an_error_is_read_to_the_end_without_another(pipe: Pipe) -> None:
    def tap() -> None:
        for _ in range(200):
            pipe.write(*["no message"] * 500)
        pipe.close()

    writer = threading.Thread(target=tap, daemon=True)
    writer.start()
    stream = SingerStream(pipe.source)
    with pytest.raises(InputError, match="Line 1 "):
        list(stream)
    stream.drain()
    writer.join(timeout=30)
    assert not writer.is_alive()
    assert pipe.source.read() == b""


@pytest.mark.parametrize("source", [None, "closed"])
def test_draining_what_is_closed_is_no_error(source: str | None) -> None:
    buffer = io.BytesIO(b"x")
    buffer.close()
    SingerStream(buffer if source else None).drain()


def test_a_stdin_that_was_never_there_is_an_empty_stream() -> None:
    with pytest.raises(InputError, match="empty"):
        list(SingerStream(None))


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), ValueError("closed file")])
def test_a_source_that_fails_is_an_input_error_and_no_end(error: Exception) -> None:
    class Failing(io.BytesIO):
        @override
        def read1(self, _: int | None = -1, /) -> bytes:
            if chunk := super().read1(200):
                return chunk
            raise error

    stream = SingerStream(Failing(b"\n".join([schema("A").encode()] * 9) + b"\n"))
    with pytest.raises(InputError, match="can't be read to its end"):
        list(stream)
    assert stream.line == 9
    stream.drain()


def test_lines_of_a_slow_tap_are_handled_as_they_come(pipe: Pipe) -> None:
    messages = iter(SingerStream(pipe.source))
    pipe.write(state(n=0))
    assert next(messages) == told(n=0)
    pipe.write(schema("A"), record("A"))
    assert next(messages) == Schema("A")
    assert next(messages) == FirstRecord("A")
    pipe.write(state(n=1))
    assert next(messages) == told(n=1)
    pipe.close()
    assert list(messages) == []


def test_a_signal_handler_may_end_the_reading_and_the_rest_can_be_drained(pipe: Pipe) -> None:
    class Interrupted(Exception):
        pass

    class Signalled(io.BytesIO):
        @override
        def read1(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise Interrupted
            return super().read1(size)

    with pytest.raises(Interrupted):
        list(SingerStream(Signalled(schema("A").encode() + b"\n")))
    pipe.close()


def test_a_source_that_knows_no_read1_will_do(tmp_path: Path) -> None:
    path = tmp_path / "stream.jsonl"
    path.write_text(f"{schema('A')}\n{record('A')}\n")
    with path.open("rb", buffering=0) as raw:
        assert list(SingerStream(cast("IO[bytes]", raw))) == [Schema("A"), FirstRecord("A")]
    with gzip.open(tmp_path / "stream.gz", "wb") as packed:
        packed.write(path.read_bytes())
    with gzip.open(tmp_path / "stream.gz") as source:
        assert list(SingerStream(cast("IO[bytes]", source))) == [Schema("A"), FirstRecord("A")]


def config_test(*names: str) -> list[str]:
    return [line for name in names for line in (schema(name), record(name), state(**{name: 1}))]


def test_the_stream_of_meltano_config_test_is_recognised_and_never_under_way() -> None:
    stream = stream_of(*config_test("meltano_test_stream"))
    for _ in stream:
        assert not stream.is_under_way
    assert stream.is_config_test


@pytest.mark.parametrize("names", [("Account",), ("meltano_test_stream", "Account"), ("account_",)])
def test_only_that_stream_alone_is_taken_for_it(names: tuple[str, ...]) -> None:
    stream = stream_of(*config_test(*names))
    list(stream)
    assert not stream.is_config_test
    assert stream.is_under_way


def test_a_run_is_under_way_once_state_and_schema_have_come() -> None:
    stream = stream_of(state(), schema("A"), record("A"))
    assert [(message, stream.is_under_way) for message in stream] == [
        (told(), False),
        (Schema("A"), True),
        (FirstRecord("A"), True),
    ]


def test_a_stream_without_state_is_never_under_way() -> None:
    stream = stream_of(schema("A"), record("A"))
    list(stream)
    assert not stream.is_under_way


class Endless(io.RawIOBase):
    """So many bytes of the same line, made as they are read."""

    def __init__(self, head: bytes, line: bytes, lines: int) -> None:
        self._head, self._block, self._left = head, line * 1_000, lines // 1_000

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, _: int | None = -1, /) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        self._left -= 1
        return self._block if self._left >= 0 else b""


def peak(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    head = (schema("A") + "\n").encode()
    line = (record("A", name="x" * 150) + "\n").encode()

    def drained(count: int) -> int:
        return peak(lambda: list(SingerStream(cast("IO[bytes]", Endless(head, line, count)))))

    assert drained(400_000) < 1.1 * drained(4_000) + 100_000


def test_a_line_longer_than_many_chunks_is_read_in_linear_time_and_memory() -> None:
    long = record("A", text="x" * 20_000_000)
    stream = stream_of(schema("A"), long, record("A"), chunk_size=4_096)
    assert peak(lambda: list(stream)) < 5 * len(long)
    assert stream.counts == {"A": 2}


def header_of(line: bytes) -> bytes:
    return line[: line.index(b'"record"')] + b'"record": {'


def test_a_block_of_lines_like_others_before_is_counted_by_their_beginnings() -> None:
    a, b = record("A").encode(), record("B").encode()
    headers = header_of(a), header_of(b)
    block = b"\n".join([a, b, b, a, b]) + b"\n"
    assert singer_lines.run_lengths(block, headers) == dict(zip(headers, (2, 3), strict=True))
    for other in (b"", b" ", b"x", state().encode(), record("C").encode(), a[:-1] + b" "):
        for position in range(3):
            lines = [a, b, a]
            lines[position] = other
            assert singer_lines.run_lengths(b"\n".join(lines) + b"\n", headers) == {}


def test_the_last_of_states_in_different_forms_counts() -> None:
    block = b'{"type":"STATE","value":{"a":1}}\n{"type": "STATE", "value": {"a": 2}}\n'
    line = block[: block.index(b"\n") + 1]
    turns = [schema("A"), record("A"), *([*block.decode().splitlines(), record("A")] * 40)]
    for last, lines in ((2, turns), (1, [*turns, line.decode().strip()])):
        stream = stream_of(*lines, chunk_size=1_000)
        told = [each.value for each in stream if isinstance(each, State)]
        assert (told[-1], stream.counts) == ({"a": last}, {"A": 41})


WAYS = st.sampled_from([
    record("A"), record("B"), record("B"), record("A", text="}\\n{"), state(A=1), state(B=2),
    schema("B"), schema("C"), record("C"), '{"type":"STATE","value":{"a":1}}',
    '{"type": "ACTIVATE_VERSION", "stream": "A", "version": 1}',
])  # fmt: skip


@given(st.lists(WAYS, max_size=60), st.integers(20, 400))
def test_lines_in_any_order_count_the_same_in_blocks_of_any_size(
    ways: list[str], chunk_size: int
) -> None:
    lines = [*map(schema, "ABC"), state(), record("A"), *ways]
    stream = stream_of(*lines, chunk_size=chunk_size)
    told = [each.value for each in stream if isinstance(each, State)]
    parsed = [json.loads(line) for line in lines]
    counts = Counter(each["stream"] for each in parsed if each["type"] == "RECORD")
    assert (stream.counts, stream.line) == (counts, len(lines))
    assert told[-1] == [each["value"] for each in parsed if each["type"] == "STATE"][-1]
