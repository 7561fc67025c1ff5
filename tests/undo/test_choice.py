"""Which cleanups are taken back together, and which are refused. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from target_zuora360_cleanup.errors import CleanupError, InputError, Refused
from target_zuora360_cleanup.facts.org_facts import OrgInfo
from target_zuora360_cleanup.state import KeptState
from target_zuora360_cleanup.state.form import loaded
from target_zuora360_cleanup.undo.choice import choose, ends_at, refuse, same
from target_zuora360_cleanup.undo.source import Cleanup

ORG = OrgInfo("00D5g0000000001EAA", "Acme", is_sandbox=True)
FULL, RESET, OTHER = (
    {"bookmarks": {name: {"x": 1} for name in names}} for names in ("ab", "b", "c")
)


def state(before: Any, written: Any, state_id: str = "prod:a") -> KeptState:
    return KeptState("meltano", state_id, before, written)


def cleanup(hour: int, *states: KeptState, **more: Any) -> Cleanup:
    given: dict[str, Any] = {"is_hard": False, "backup": "ids", **more}
    org_id = given.pop("org_id", ORG.id)
    folder = Path(f"/out/20260504T{hour:02}0000Z-cleanup")
    return Cleanup(folder, org_id, states=states, **given)


def chosen(*known: Cleanup, given: Cleanup | None = None) -> list[int]:
    """The hours of the cleanups that are taken back, of those there are, the newest first."""
    chain = choose(known, given, ORG)
    return [int(each.folder.name[9:11]) for each in chain.cleanups] if chain else []


FIRST, SECOND = cleanup(1, state(FULL, RESET)), cleanup(2, state(RESET, RESET))


def test_a_cleanup_that_finished_another_goes_with_it() -> None:
    assert chosen(SECOND, FIRST) == [2, 1]
    chain = choose((SECOND, FIRST), None, ORG)
    assert chain
    assert chain.states == (state(FULL, RESET),)


def test_one_that_was_killed_before_its_reset_was_stored_goes_too() -> None:
    assert chosen(cleanup(2, state(FULL, RESET)), FIRST) == [2, 1]


@pytest.mark.parametrize(
    "earlier",
    [
        cleanup(1, state(FULL, OTHER)),
        cleanup(1, state(FULL, RESET, "prod:b")),
        cleanup(1, state(FULL, RESET), backup="none"),
        cleanup(1, state(FULL, RESET), is_done=True),
        cleanup(1, state(FULL, RESET), org_id="00D5g0000000002EAA"),
        cleanup(1),
    ],
    ids=["written since", "another state", "no backup", "done", "another org", "no state"],
)
def test_one_that_is_none_of_it_stays(earlier: Cleanup) -> None:
    assert chosen(SECOND, earlier) == [2]


def test_the_newest_that_is_not_done_is_taken_unless_one_is_named() -> None:
    done = cleanup(3, state(RESET, RESET), is_done=True)
    assert chosen(done, SECOND, FIRST) == [2, 1]
    assert chosen(done, SECOND, FIRST, given=done) == [3, 2, 1]
    assert chosen(done) == []


def test_an_earlier_one_is_not_taken_back_without_the_one_that_has_gone_on_with_it() -> None:
    with pytest.raises(Refused, match="020000Z-cleanup"):
        chosen(SECOND, FIRST, given=FIRST)
    other = cleanup(2, state(OTHER, RESET))
    assert chosen(other, FIRST, given=FIRST) == [1]


@pytest.mark.parametrize(
    ("known", "error"), [((), InputError), ((cleanup(1, org_id="00D5g0000000002EAA"),), Refused)]
)
def test_none_of_this_org_is_told(known: tuple[Cleanup, ...], error: type[CleanupError]) -> None:
    with pytest.raises(error):
        chosen(*known)


@pytest.mark.parametrize(
    ("more", "words"), [({"is_hard": True}, "hard delete"), ({"backup": "none"}, "backup none")]
)
def test_what_can_t_be_taken_back_is_refused(more: dict[str, Any], words: str) -> None:
    chain = choose((cleanup(1, state(FULL, RESET), **more),), None, ORG)
    assert chain
    with pytest.raises(Refused, match=words):
        refuse(chain)


def test_one_that_was_killed_before_it_changed_anything_is_passed_over() -> None:
    assert chosen(cleanup(3), SECOND, cleanup(1), cleanup(0, state(FULL, RESET))) == [2, 0]
    assert chosen(cleanup(3)) == []


def test_the_bin_keeps_it_for_15_days() -> None:
    assert ends_at(FIRST) == datetime(2026, 5, 19, 1, tzinfo=UTC)
    assert ends_at(Cleanup(Path("/elsewhere"), "", False, "ids", ())) is None  # noqa: FBT003


def test_states_are_the_same_however_their_numbers_were_read() -> None:
    assert same({"a": 0.1}, loaded('{"a": 0.1}'))
    assert not same({"a": 1}, None)
    assert same(None, None)
