"""What `zuora360 status` says of what is kept for a later sync."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.kept.store import Store
from target_zuora360_cleanup.status.kept import find_kept, kept_lines

if TYPE_CHECKING:
    from pathlib import Path

ROW = "INSERT INTO waiting (object, key, form, cells, links, partial, parent, parent_key) VALUES {}"


def test_what_waits_is_told_by_object(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    store = Store(file)
    store.db.execute(ROW.format("('I__c', '1', 1, '', '[]', 0, 'A__c', 'late')"))
    store.db.execute(ROW.format("('I__c', '2', 1, '', '[]', 0, 'A__c', 'out')"))
    store.db.execute("INSERT INTO outside VALUES ('A__c', 'out', 0)")
    store.db.execute("INSERT INTO blank VALUES ('A__c', '3', 'Up__c', 'A__c', 'late', 0)")
    store.keep()
    store.close()
    found = find_kept(str(file), ["prod:x"], {})
    assert list(kept_lines(found)) == [
        "Kept for a later sync: 1 record that waits for a parent (I__c 1).",
        "Kept for a later sync: 1 record below others that are left out (I__c 1).",
        "Kept for a later sync: 1 lookup that is blank until its parent comes (A__c 1).",
    ]


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_file_of_a_sync_that_failed_early_holds_nothing(tmp_path: Path, is_begun: bool) -> None:  # noqa: FBT001 - a case
    file = tmp_path / "kept.sqlite"
    if is_begun:
        Store(file).close()
    else:
        file.touch()
    found = find_kept(str(file), ["prod:x"], {})
    assert list(kept_lines(found)) == ["Kept for a later sync: nothing."]


def test_a_file_in_which_nothing_waits_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    store = Store(file)
    store.keep()
    store.close()
    assert list(kept_lines(find_kept(str(file), [], {}))) == ["Kept for a later sync: nothing."]


@pytest.mark.parametrize("made", ["PRAGMA user_version = 1", "CREATE TABLE other (a)"])
def test_a_file_that_lacks_what_a_sync_keeps_is_not_known(tmp_path: Path, made: str) -> None:
    file = tmp_path / "kept.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.execute(made)
    (line,) = kept_lines(find_kept(str(file), [], {}))
    assert line.startswith(f"Kept for a later sync: not known, {file} can't be read")


def test_what_can_not_be_read_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    file.write_bytes(b"no database" * 99)
    (line,) = kept_lines(find_kept(str(file), [], {}))
    assert line.startswith(f"Kept for a later sync: not known, {file} can't be read")


def test_where_nothing_was_kept_nothing_is_said(tmp_path: Path) -> None:
    assert find_kept(str(tmp_path / "none.sqlite"), ["prod:x"], {}) == []
    assert find_kept("", ["prod:x"], {}) == []
