"""A read that waits for the tap hears of a stop; what has come is read as it is."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.rows.stop import Stop
from target_zuora360_cleanup.singer.input import StoppableInput, stoppable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

LONG = 60.0


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], int]]:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as source:
        yield source, writer
    os.close(writer)


def test_what_has_come_is_read_without_waiting_for_more(pipe: tuple[IO[bytes], int]) -> None:
    source, writer = pipe
    os.write(writer, b"one\ntwo")
    assert StoppableInput(source, Stop()).read1(100) == b"one\ntwo"


def test_a_stop_ends_a_read_that_waits(pipe: tuple[IO[bytes], int]) -> None:
    stop = Stop()
    threading.Timer(0.05, stop.request, ["SIGTERM"]).start()
    assert StoppableInput(pipe[0], stop).read1(100) == b""


def test_nothing_is_read_after_a_stop(pipe: tuple[IO[bytes], int]) -> None:
    stop = Stop()
    os.write(pipe[1], b"more\n")
    stop.request("SIGTERM")
    assert StoppableInput(pipe[0], stop).read1(100) == b""
    assert StoppableInput(io.BytesIO(b"more\n"), stop).read1(100) == b""


def test_all_of_it_comes_from_a_file_and_from_memory(tmp_path: Path) -> None:
    text = "é\n" * 10_000 + "last"
    file = tmp_path / "stream.singer"
    file.write_text(text, encoding="utf-8")
    with file.open(encoding="utf-8") as source:
        binary = stoppable(source, Stop())
        assert binary is not None
        assert binary.read().decode() == text
    binary = stoppable(io.StringIO(text), Stop())
    assert binary is not None
    assert binary.read().decode() == text
