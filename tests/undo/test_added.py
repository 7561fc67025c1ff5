"""What people have added to records is theirs again after an undo and a relink."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.added import DETACHED, JOINED, JOINED_SHAPE, SHAPE, added, fill, joined
from tests.support.relinking import relink
from tests.support.runs import login
from tests.support.shapes import shaped
from tests.support.undoing import SUBSCRIPTIONS, Scene

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.relinks(*DETACHED)
def test_rows_that_were_detached_are_told_and_relink_attaches_them(tmp_path: Path) -> None:
    with shaped(json.loads(SHAPE)) as server:
        fill(server.org)
        before = added(server.org)
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
        assert scene.cleanup.status == 0, scene.cleanup.message
        ran = scene.undo()
        assert ran.status == 0, ran.message
        assert "Rows of Call__c, Task that were detached before stay so" in ran.report["notes"][0]
        values = {key: value for key, value in before.items() if key[0] in SUBSCRIPTIONS}
        assert {key: added(server.org).get(key) for key in values} == values
        assert relink(login(server), scene.output).status == 0
        assert added(server.org) == before


@pytest.mark.relinks(*DETACHED)
@pytest.mark.rows_may_go(*JOINED)
def test_follows_topics_and_files_come_back_with_their_records_and_relink_doubles_none(
    tmp_path: Path,
) -> None:
    with shaped(json.loads(JOINED_SHAPE)) as server:
        before = joined(server.org)
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
        assert scene.cleanup.status == 0, scene.cleanup.message
        assert len(joined(server.org)) < len(before)
        assert scene.undo().status == 0
        assert joined(server.org) == before
        ran = relink(login(server), scene.output)
        assert (ran.status, joined(server.org)) == (0, before)
