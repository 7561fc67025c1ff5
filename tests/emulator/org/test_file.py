"""The file behind an org: filled once, opened again, never another's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_filled_once_and_opened_again(tmp_path: Path) -> None:
    options = OrgOptions(records=200)
    first = open_org(options, tmp_path / "org.sqlite")
    invoice = first.query("SELECT Id FROM Zuora__ZInvoice__c LIMIT 1").rows(0, 1)[0][0]
    first.dml("delete", "Zuora__ZInvoice__c", [{"Id": invoice}])
    before = first.counts()
    first.close()

    second = open_org(options, tmp_path / "org.sqlite")
    assert second.counts() == before
    second.close()


def test_a_file_filled_with_other_options_is_refused(tmp_path: Path) -> None:
    open_org(OrgOptions(records=10), tmp_path / "org.sqlite").close()

    with pytest.raises(ValueError, match="other options"):
        open_org(OrgOptions(records=11), tmp_path / "org.sqlite")


def test_a_file_whose_filling_was_cut_off_is_filled_again(tmp_path: Path) -> None:
    options = OrgOptions(records=10)
    path = tmp_path / "org.sqlite"
    open_org(options, path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM _meta WHERE key = 'options'")
        database.execute("DELETE FROM Account")

    second = open_org(options, path)
    assert second.counts()["Account"]
    second.close()


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE precious (value)")

    with pytest.raises(ValueError, match="no emulated org"):
        open_org(OrgOptions(records=10), path)

    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
