"""What is stored of a state, and when it is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.state import KeptState
from target_zuora360_cleanup.state.from_settings import stream_names
from target_zuora360_cleanup.state.store import StoreFailed
from target_zuora360_cleanup.undo.bookmarks import Bookmarks, Putting
from target_zuora360_cleanup.undo.choice import Chain
from target_zuora360_cleanup.undo.source import Cleanup

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = {
    "bookmarks": {"Invoice": {"x": 1}, "Subscription": {"x": 1}, "Amendment": {"x": 1}},
    "current_stream": None,
}
RESET = {"bookmarks": {"Amendment": {"x": 1}}}
INVOICE = frozenset({"Zuora__ZInvoice__c"})


class Store:
    """A store of one state, which may fail or forget."""

    is_shared = False

    def __init__(self, state: Any = RESET, *, forgets: bool = False) -> None:
        self.state, self._forgets = state, forgets
        self.written: list[Any] = []

    def close(self) -> None:
        """Nothing is open."""

    def known(self) -> tuple[str, ...]:
        return ("a",)

    def read(self, _: str) -> Any:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    def write(self, _: str, state: Any) -> None:
        self.written.append(state)
        if not self._forgets:
            self.state = state


def put(
    store: Store,
    folder: Path,
    *missing: str,
    **more: Any,
) -> Putting:
    def running() -> None:
        if more.get("runs"):
            raise Refused("It runs.")

    kept = more.get("state") or KeptState("meltano", "a", BEFORE, RESET)
    put_back = more.get("put_back", ())
    chain = Chain((Cleanup(folder, "00D", False, "ids", (kept,), put_back=put_back),))  # noqa: FBT003
    names = stream_names(read_settings({}))
    made = Bookmarks(chain, {"meltano": store}, names, running)
    (found,) = made.put_back(frozenset(missing), dry_run=bool(more.get("dry_run")))
    return found


def test_where_all_is_back_the_state_is_what_it_was(tmp_path: Path) -> None:
    store = Store()
    assert put(store, tmp_path).fate == "put back"
    assert store.state == BEFORE


def test_streams_of_which_rows_are_missing_stay_reset(tmp_path: Path) -> None:
    store = Store()
    found = put(store, tmp_path, *INVOICE)
    assert (found.fate, found.kept_reset) == ("put back", ("Invoice",))
    assert store.state["bookmarks"].keys() == {"Subscription", "Amendment"}
    assert found.as_json()["bookmarks_back"] == ["Subscription", "Amendment"]


def test_it_is_noted_before_it_is_stored_so_that_a_later_undo_knows_it(tmp_path: Path) -> None:
    store = Store(forgets=True)
    assert put(store, tmp_path, *INVOICE).fate == "failed"
    noted = (tmp_path / "undone.json").read_text()
    assert '"Subscription"' in noted
    assert '"Invoice"' not in noted.partition('"written"')[2]


def test_what_an_earlier_undo_has_stored_is_gone_on_with(tmp_path: Path) -> None:
    part = {"bookmarks": {"Subscription": {"x": 1}, "Amendment": {"x": 1}}}
    store = Store(part)
    earlier = KeptState("meltano", "a", BEFORE, part)
    assert put(store, tmp_path).fate == "moved on"
    assert put(store, tmp_path, put_back=(earlier,)).fate == "put back"
    assert store.state == BEFORE


@pytest.mark.parametrize(
    ("store", "more", "fate"),
    [
        (Store({"bookmarks": {"Invoice": {"x": 9}}}), {}, "moved on"),
        (Store(None), {}, "moved on"),
        (Store(BEFORE), {}, "as before"),
        (Store(), {"dry_run": True}, "planned"),
        (Store(), {"runs": True}, "failed"),
        (Store(StoreFailed("No backend.")), {}, "failed"),
        (Store(), {"state": KeptState("meltano", "a", None, RESET)}, "none before"),
        (Store(), {"state": KeptState("stdout", "", BEFORE, RESET)}, "by hand"),
        (Store(), {"state": KeptState("meltano", "a", {"bookmarks": []}, RESET)}, "failed"),
    ],
    ids=["moved", "removed", "done", "dry", "runs", "no backend", "none", "stdout", "form"],
)
def test_else_nothing_is_stored(
    store: Store, more: dict[str, Any], fate: str, tmp_path: Path
) -> None:
    missing = INVOICE if fate == "failed" else ()
    assert put(store, tmp_path, *missing, **more).fate == fate
    assert store.written == []


def test_a_note_that_can_t_be_written_stops_it(tmp_path: Path) -> None:
    store = Store()
    found = put(store, tmp_path / "nowhere")
    assert (found.fate, store.written) == ("failed", [])
    assert issubclass(StoreFailed, CleanupError)
