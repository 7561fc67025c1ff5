"""Follows, topics and files of the snapshot are counted among what is to be there again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.added import DETACHED, JOINED, JOINED_SHAPE, joined
from tests.support.full_sync import Zuora
from tests.support.relinking import Scene, relink
from tests.support.runs import login, run
from tests.support.shapes import shaped
from tests.verify.test_verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.runs import Ran


@pytest.mark.relinks(*DETACHED)
@pytest.mark.rows_may_go(*JOINED)
def test_those_that_are_not_made_again_yet_are_told_and_then_all_are_there(tmp_path: Path) -> None:
    with shaped(json.loads(JOINED_SHAPE)) as server:
        rows, zuora = joined(server.org), Zuora.of(server.org)
        config = {"mode": "cleanup", "object_groups": ["accounts"], **login(server)}
        cleaned = run(config, tmp_path)
        assert cleaned.status == 0, cleaned.message
        scene = Scene(server, tmp_path, {}, zuora, {}, cleaned)
        zuora.sync(server.org)
        first = verify(scene)
        relink(login(server), tmp_path)
        then = verify(scene)
    assert numbers(first, "restored") == 0
    assert numbers(first, "to_restore") == numbers(then, "restored") == len(rows)
    assert (first.status, then.status) == (4, 0)
    assert [each for each in then.report["along"] if each["object"] in JOINED] == []
    assert "went along with others" not in then.summary


def numbers(ran: Ran, name: str) -> int:
    return sum(each[name] for each in ran.report["links"] if each["object"] in JOINED)
