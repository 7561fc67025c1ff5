"""Which state is the pair's own is known, or nothing is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.meltano.runs import OwnPair
from target_zuora360_cleanup.state.identity import doubts

AROUND = Pipeline("tap", "target", "prod")
STORED = {"bookmarks": {"Account": {"u": 1}, "Other": {"u": 2}}}
OWN = OwnPair("run", "prod", "a", "1", is_recorded=True, handed=STORED, is_handed_known=True)
NONE_HANDED: dict[str, Any] = {"handed": None}


def found(
    own: OwnPair, stored: Any = STORED, first: Any = None, moved: tuple[str, ...] = ()
) -> str:
    (finding,) = doubts(own, AROUND, stored, first, moved)
    assert finding.severity == "blocks"
    return f"{finding.code}: {finding.message}"


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({}, STORED),
        ({"handed": None}, None),
        ({"handed": {}}, None),
        ({**NONE_HANDED, "full_refresh": True}, STORED),
        ({**NONE_HANDED, "no_state_update": True, "is_recorded": False, "run_id": ""}, STORED),
        ({"command": "el", "state_id": "mine"}, STORED),
        ({"command": "", "environment": ""}, STORED),
        ({"merges": "--merge-state"}, STORED),
    ],
)
def test_where_nothing_contradicts_there_is_no_doubt(changes: dict[str, Any], stored: Any) -> None:
    assert list(doubts(replace(OWN, **changes), AROUND, stored)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"state_file": "state.json"},
            "reset-would-not-hold: The tap is started with the state in",
        ),
        ({"environment": "dev"}, "the run's environment is 'dev', the plugin's 'prod'"),
        ({"command": "el", "state_id": ""}, "`meltano el` without --state-id"),
        ({"command": "", "state_id": ""}, "not known to be a Meltano"),
        ({"is_recorded": False}, "no record of a run at work on a"),
        ({"is_handed_known": False}, "could not be looked at"),
        ({"handed": None}, "is not the one stored as a"),
        ({"handed": {"bookmarks": {}}}, "is not the one stored as a"),
    ],
)
def test_what_contradicts_is_told(changes: dict[str, Any], said: str) -> None:
    assert said in found(replace(OWN, **changes))


@pytest.mark.parametrize(
    ("first", "moved", "is_doubted"),
    [
        (STORED, (), False),
        ({"bookmarks": {**STORED["bookmarks"], "New": {"u": 9}}}, (), False),
        ({"bookmarks": {"Account": {"u": 9}, "Other": {"u": 2}}}, (), False),
        ({"bookmarks": {"Account": {"u": 9}}}, ("Account",), False),
        ({"bookmarks": {"New": {"u": 9}}}, (), False),
        ({"bookmarks": {"Account": {"u": 9}, "Other": {"u": 9}}}, (), True),
        ({"bookmarks": {"Account": {"u": 9}}}, (), True),
    ],
)
def test_a_first_state_with_other_bookmarks_is_another_pipelines(
    first: Any, moved: tuple[str, ...], *, is_doubted: bool
) -> None:
    assert bool(list(doubts(OWN, AROUND, STORED, first, moved))) == is_doubted
