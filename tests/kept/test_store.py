"""The database of what is kept: what lasts, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.kept.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def count(store: Store) -> int:
    (found,) = store.db.execute("SELECT count(*) FROM outside").fetchone()
    return int(found)


def test_what_was_kept_lasts_and_what_was_not_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "kept.sqlite"
    store = Store(file)
    assert (store.lasts, store.is_new) == (True, True)
    store.belongs_to("00D1")
    store.db.execute("INSERT INTO outside VALUES ('A', '1', 0)")
    store.keep()
    store.db.execute("INSERT INTO outside VALUES ('A', '2', 0)")
    store.close()
    store = Store(file)
    assert (store.is_new, count(store)) == (False, 1)
    store.close()


def test_what_was_kept_is_on_the_disk_before_a_state_is_passed_on(tmp_path: Path) -> None:
    """Else a power failure takes back what the state has passed (SQLite, "PRAGMA synchronous")."""
    store = Store(tmp_path / "kept.sqlite")
    extra = 3
    assert store.db.execute("PRAGMA synchronous").fetchone() == (extra,)
    store.close()


def test_a_file_of_a_sync_that_died_early_is_as_new(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store(tmp_path / "kept.sqlite")
        assert store.is_new
        store.belongs_to("00D1")
        store.close()


def test_without_a_place_nothing_lasts() -> None:
    store = Store(None)
    assert not store.lasts
    assert count(store) == 0
    store.close()


def test_a_file_that_another_sync_has_open_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("target_zuora360_cleanup.kept.store._BUSY_SECONDS", 0)
    first = Store(tmp_path / "kept.sqlite")
    with pytest.raises(InputError, match="or wait for the sync that has it open"):
        Store(tmp_path / "kept.sqlite")
    first.close()


@pytest.mark.parametrize("text", [b"no database at all, but long enough to be one" * 9])
def test_a_file_that_is_no_such_database_is_refused_in_words(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "kept.sqlite").write_bytes(text)
    with pytest.raises(InputError, match="Name another place in kept_file"):
        Store(tmp_path / "kept.sqlite")


def test_the_file_of_another_org_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "kept.sqlite")
    store.belongs_to("00D1")
    store.belongs_to("00D1")
    with pytest.raises(InputError, match="waits for the org 00D1, and this is 00D2"):
        store.belongs_to("00D2")
    with pytest.raises(InputError, match=r"A refreshed sandbox has a new id: .*remove the file"):
        store.belongs_to("00D2")
    store.close()
