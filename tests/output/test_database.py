"""What a run keeps on the disk; changes that are to be all or none are that."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from target_zuora360_cleanup.output.database import UndoableDatabase

if TYPE_CHECKING:
    from pathlib import Path


class Words(UndoableDatabase):
    @override
    def __init__(self, path: Path) -> None:
        super().__init__(path, "CREATE TABLE word (text TEXT);")

    def add(self, text: str) -> None:
        self._db.execute("INSERT INTO word VALUES (?)", (text,))

    def all(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT text FROM word")]


def break_off(words: Words) -> None:
    with words.whole():
        words.add("gone")
        raise KeyboardInterrupt


def test_changes_that_break_off_leave_nothing(tmp_path: Path) -> None:
    with closing(Words(tmp_path / "words.sqlite")) as words:
        with words.whole():
            words.add("kept")
        with pytest.raises(KeyboardInterrupt):
            break_off(words)
        assert words.all() == ["kept"]
