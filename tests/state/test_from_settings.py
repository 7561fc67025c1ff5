"""Who holds the bookmarks of a run: Meltano's backend, or a line that somebody answers for."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.state.from_settings import beside_a_tap, stream_names
from target_zuora360_cleanup.state.holders import Resets

if TYPE_CHECKING:
    from pathlib import Path

PAIR = Pipeline("tap", "target", "prod")


def codes(pipeline: Pipeline, **settings: object) -> list[str]:
    holders, _ = beside_a_tap(read_settings(settings), pipeline, StringIO())
    resets = Resets(holders)
    found = [each.code for each in resets.look(frozenset())]
    resets.close()
    return [code for code in found if code != "no-state-sent"]


@pytest.mark.parametrize("pipeline", [Pipeline(), Pipeline(loader="target")])
def test_where_no_tap_runs_in_meltano_somebody_has_to_answer_for_the_line(
    pipeline: Pipeline,
) -> None:
    assert codes(pipeline) == ["state-not-stored"]
    assert codes(pipeline, state_is_stored=True) == []


def test_a_meltano_that_can_not_be_asked_blocks_and_state_is_stored_does_not_help(
    tmp_path: Path,
) -> None:
    shell = tmp_path / "meltano"
    shell.write_text("#!/bin/sh\n")
    shell.chmod(0o755)
    assert codes(PAIR, meltano_executable=str(shell), state_is_stored=True) == ["own-state-unknown"]
    shell.write_text("#!/not/there/python\n")
    assert codes(PAIR, meltano_executable=str(shell)) == ["own-state-unknown"]


def test_aliases_of_stream_maps_are_names_of_their_streams() -> None:
    maps = {"plans": {"__alias__": "'RatePlan'"}, "Invoice": {"__source__": "docs"}, "x": None}
    assert stream_names(read_settings({"stream_maps": maps})).aliases == {
        "plans": "RatePlan",
        "docs": "Invoice",
    }
