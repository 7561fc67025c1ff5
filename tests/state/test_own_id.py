"""A report names the state that Meltano stores, suffix and all, or none."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.meltano import conversation as module
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.state.own_id import OwnStateId

if TYPE_CHECKING:
    from pathlib import Path

PAIR = Pipeline("tap", "target", "prod")
TELLS = """\
import json
print(json.dumps({"answer": "ready"}), flush=True)
input()
asked = json.loads(input())
told = {"state_id": f"{asked['environment']}:{asked['extractor']}-to-{asked['loader']}:eu"}
print(json.dumps({"answer": {**told, "streams": []}}), flush=True)
"""
FAILS = "import sys; sys.exit('no project')"


def executable(folder: Path) -> str:
    path = folder / "meltano"
    path.write_text(f"#!{sys.executable}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "pipeline", "told"),
    [(TELLS, PAIR, "prod:tap-to-target:eu"), (FAILS, PAIR, ""), (TELLS, Pipeline(), "")],
    ids=["told", "not told", "no Meltano"],
)
def test_the_id_is_what_meltano_says_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, pipeline: Pipeline, told: str
) -> None:
    answers = tmp_path / "answers.py"
    answers.write_text(script)
    monkeypatch.setattr(module, "_SCRIPT", answers)
    asked = OwnStateId(pipeline, executable(tmp_path))
    asked.begin()
    assert asked.told() == told
    assert asked.told() == ""


def test_a_meltano_that_can_not_be_found_is_no_matter(tmp_path: Path) -> None:
    asked = OwnStateId(PAIR, str(tmp_path / "nowhere"))
    asked.begin()
    assert asked.told() == ""
