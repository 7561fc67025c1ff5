"""State files as people have them: printed by Meltano, with marks, in UTF-16; never a pipe."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.state.files import StateFiles
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from pathlib import Path

STATE = {"bookmarks": {"Account": {"u": 1}}}
RESET: dict[str, Any] = {"bookmarks": {}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_read_in_the_encoding_that_its_mark_tells(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "state.json"
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    path.write_bytes(mark + json.dumps(STATE).encode(encoding))
    assert StateFiles().read(str(path)) == STATE


def test_what_meltano_prints_is_taken_and_left_in_its_form(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"singer_state": STATE}))
    files = StateFiles([str(path)])
    assert files.read(str(path)) == STATE
    files.write(str(path), RESET)
    assert json.loads(path.read_text()) == {"singer_state": RESET}
    assert files.read(str(path)) == RESET


def test_numbers_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"bookmarks": {"Other": {"u": 0.12345678901234567890}}}')
    files, text = StateFiles(), path.read_text()
    state = files.read(str(path))
    assert state is not None
    files.write(str(path), state)
    assert path.read_text().strip() == text


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(StoreFailed, match="is no file that keeps a state"):
        StateFiles().read(str(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "holds no JSON"),
        ("[" * 100_000, "nests too deep|holds no JSON"),
        ("\udcff", "no JSON"),
    ],
)
def test_a_file_that_can_not_be_read_is_told(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(StoreFailed, match=said):
        StateFiles().read(str(path))


def test_a_path_with_characters_of_a_pattern_is_one_of_those_that_are_meant(tmp_path: Path) -> None:
    path = tmp_path / "state[1].json"
    path.touch()
    assert StateFiles([str(path), str(tmp_path / "none")]).known() == (str(path),)
