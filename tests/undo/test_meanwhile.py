"""Whatever happens between a cleanup and its undo: nothing is doubled, nothing untrue is said."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.undoing import STATE, SUBSCRIPTIONS, Scene

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org

KEY = "Zuora__External_Id__c"
STREAMS = {"Zuora__Subscription__c": "Subscription"}
"""Those that have a bookmark in the state."""


@pytest.mark.parametrize("seed", range(4))
def test_each_row_is_back_once_or_is_told(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    with Emulated(OrgOptions(records=700, quotes=False, sandbox=True)) as server:
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
        names = chance.sample(SUBSCRIPTIONS, chance.randrange(1, 4))
        purged = {each for name in names for each in _some(scene, name, chance)}
        server.org.empty_recycle_bin(sorted(purged))
        synced = {
            each: _sync(server.org, name, str(scene.before[name][each][KEY]))
            for name in chance.sample(SUBSCRIPTIONS, chance.randrange(1, 4))
            for each in _some(scene, name, chance)
        }

        ran = scene.undo()

        now = scene.now()
        missing = {each for each in purged | synced.keys() if not server.org.is_live(each)}
        assert missing == purged | synced.keys()
        told = {row["id"]: (row["reason"], row["other_id"]) for row in ran.file("undo.csv")}
        expected = {each: ("conflict", new) for each, new in synced.items()}
        assert told == expected | dict.fromkeys(purged, ("gone", ""))
        for name in SUBSCRIPTIONS:
            before, after = scene.before[name], now[name]
            assert before.keys() - missing == after.keys() - set(synced.values())
            keys = [row[KEY] for row in after.values() if row[KEY]]
            assert len(keys) == len(set(keys))
        is_whole = not any(each in scene.before["Zuora__Subscription__c"] for each in missing)
        kept = STATE["bookmarks"].keys() - (set() if is_whole else set(STREAMS.values()))
        assert scene.stored["bookmarks"].keys() == kept


def _some(scene: Scene, name: str, chance: random.Random) -> list[str]:
    ids = sorted(scene.before[name])
    return chance.sample(ids, min(len(ids), chance.randrange(1, 5)))


def _sync(org: Org, name: str, key: str) -> str:
    """A sync brings a record again, under a new id."""
    (made,) = org.dml("insert", name, [{"Name": "again", KEY: key}])
    assert made.id, made.error
    return made.id
