"""Which pipelines run, as Meltano's own command lists them where its Python is not known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.runs import MeltanoRuns, PipelineRun

if TYPE_CHECKING:
    from pathlib import Path

SINCE = datetime(2026, 5, 4, 8, tzinfo=UTC)
EARLIER, LATER = "2026-05-04T07:00:00+00:00", "2026-05-04T09:00:00+00:00"


def listing(folder: Path, text: str) -> MeltanoRuns:
    """Of a Meltano that is started by a shell, so that nobody can tell its Python."""
    (folder / "answer").write_text(text, encoding="utf-8")
    path = folder / "meltano"
    path.write_text(f"#!/bin/sh\ncat '{folder}/answer'\n", encoding="utf-8")
    path.chmod(0o755)
    return MeltanoRuns(Meltano((str(path),), {}, str(folder)))


def run(state_id: str, run_id: str, state: str, ended_at: str | None) -> dict[str, Any]:
    return {
        "job_name": state_id, "log_id": run_id, "state": state, "started_at": EARLIER,
        "ended_at": ended_at,
    }  # fmt: skip


def test_runs_that_go_on_or_have_ended_later_are_listed(tmp_path: Path) -> None:
    answer = {
        "runs": [
            run("a", "1", "RUNNING", None), run("a", "2", "SUCCESS", EARLIER),
            run("a", "3", "FAIL", LATER), run("b", "4", "RUNNING", None),
        ]
    }  # fmt: skip
    runs = listing(tmp_path, f"A warning.\n{json.dumps(answer)}")
    assert runs.since(["a"], SINCE) == (
        PipelineRun("a", "1", EARLIER, is_running=True),
        PipelineRun("a", "3", EARLIER, is_running=False),
    )


def test_where_nothing_has_run_yet_there_are_none(tmp_path: Path) -> None:
    assert listing(tmp_path, "No job runs found").since(["a"], SINCE) == ()


def test_of_no_pipeline_nobody_is_asked(tmp_path: Path) -> None:
    assert listing(tmp_path, "no JSON").since([], SINCE) == ()


def test_an_answer_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(MeltanoFailed, match="run records could not be read"):
        listing(tmp_path, "no JSON").since(["a"], SINCE)
