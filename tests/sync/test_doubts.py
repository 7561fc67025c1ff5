"""What a sync can't be sure of in what earlier ones have kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.kept.store import Store
from target_zuora360_cleanup.sync.doubts import doubts
from target_zuora360_cleanup.sync.passing import Bookmarks
from target_zuora360_cleanup.sync.streams_in import StreamMaps

if TYPE_CHECKING:
    from pathlib import Path

LATER = {"UpdatedDate": "2024-05-02T00:00:00Z"}


def told(
    path: Path | None, state: dict[str, Any] | None, *again: str, owes: bool = False
) -> list[str]:
    store, bookmarks = Store(path), Bookmarks()
    if state is not None:
        bookmarks.see(state)
    found = list(doubts(store, bookmarks, again, owes=owes))
    store.close()
    return found


@pytest.mark.parametrize("state", [None, {"bookmarks": {}}, {"bookmarks": {"Account": None}}])
def test_a_first_sync_lacks_nothing(tmp_path: Path, state: dict[str, Any] | None) -> None:
    assert told(tmp_path / "kept.sqlite", state) == []


def test_a_tap_that_goes_on_without_what_was_kept_is_told(tmp_path: Path) -> None:
    (found,) = told(tmp_path / "kept.sqlite", {"bookmarks": {"Account": LATER}})
    assert "was kept by earlier syncs" in found
    assert "so that the next sync is a full sync" in found


def test_where_nothing_lasts_nothing_was_there() -> None:
    assert told(None, {"bookmarks": {"Account": LATER}}) == []


def test_only_bookmarks_that_the_tap_was_given_have_come_back() -> None:
    state = {"bookmarks": {"Account": LATER}}
    (found,) = told(None, state, "Account", "Invoice")
    assert "sent again: Account." in found
    assert told(None, state, "Invoice") == []


def test_a_state_without_bookmarks_has_none_to_drop() -> None:
    (found,) = told(None, {"airbyte_state": []}, owes=True)
    assert "no bookmarks to drop" in found
    assert told(None, {"airbyte_state": []}) == []
    assert told(None, {"bookmarks": {}}, owes=True) == []


@pytest.mark.parametrize(("start_date", "is_told"), [("2000-01-01", False), ("2024-01-01", True)])
def test_sums_that_are_not_filled_are_told(
    start_date: str,
    is_told: bool,  # noqa: FBT001 - what is expected
) -> None:
    store, bookmarks = Store(None), Bookmarks(start_date, StreamMaps.of({}, {}).names)
    bookmarks.see({"bookmarks": {"RatePlan": LATER}})
    found = list(doubts(store, bookmarks, (), ("RatePlanCharge",), owes=False))
    assert bool(found) is is_told
    assert not list(doubts(store, bookmarks, (), ("RatePlan",), owes=False))
    store.close()
