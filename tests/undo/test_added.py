"""What people have added to records is theirs again after an undo and a relink."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.added import DETACHED, SHAPE, added, fill
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
