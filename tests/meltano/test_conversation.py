"""One start of Meltano's Python answers all questions; what goes wrong is a sentence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.meltano import conversation as module
from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ECHO = """\
import json, os, sys
print("noise", file=sys.stderr)
for number, line in enumerate(sys.stdin):
    asked = json.loads(line)
    if asked.get("ask") == "die":
        print("no route to postgres://me:secret@db/x", file=sys.stderr)
        sys.exit(1)
    if asked.get("ask") == "fail":
        told = {"error": "no route to postgres://me:secret@db/x"}
    else:
        told = {"answer": [number, os.getpid(), asked]}
    print(json.dumps(told), flush=True)
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversation]:
    script = tmp_path / "answers.py"
    script.write_text(ECHO)
    monkeypatch.setattr(module, "_SCRIPT", script)
    meltano = Meltano((sys.executable, "meltano"), {}, str(tmp_path), ("run", "tap"))
    made = Conversation(meltano, Pipeline(environment="prod"))
    yield made
    made.end()


def test_all_questions_are_answered_by_one_start(asked: Conversation) -> None:
    asked.begin()
    first, process, given = asked.ask("known")
    assert (first, given) == (1, {"ask": "known"})
    assert asked.ask("read", id="a") == [2, process, {"ask": "read", "id": "a"}]


def test_what_meltano_says_is_passed_on_without_passwords(asked: Conversation) -> None:
    with pytest.raises(MeltanoFailed, match=r"Meltano says: no route to postgres://me:…@db/x"):
        asked.ask("fail")
    assert asked.ask("known")[0] == 2


def test_where_it_ends_early_its_last_words_are_told_and_it_is_begun_once_more(
    asked: Conversation,
) -> None:
    with pytest.raises(MeltanoFailed, match=r"Meltano has ended: no route to postgres://me:…@db"):
        asked.ask("die")
    assert asked.ask("known")[0] == 1


def test_an_answer_that_does_not_come_in_time_is_told(
    asked: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answers.py").write_text("import sys\nfor line in sys.stdin: pass\n")
    monkeypatch.setattr(module, "SECONDS", 0.01)
    with pytest.raises(MeltanoFailed, match="did not answer within"):
        asked.ask("known")


def test_a_program_that_can_not_be_started_is_told(tmp_path: Path) -> None:
    nowhere = Conversation(Meltano(("/not/there", "meltano"), {}, str(tmp_path)), Pipeline())
    with pytest.raises(MeltanoFailed, match="could not be started"):
        nowhere.ask("known")


def test_a_python_without_meltano_is_told(tmp_path: Path) -> None:
    environ = {"PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
    bare = Conversation(Meltano((sys.executable, "-I"), environ, str(tmp_path)), Pipeline())
    try:
        with pytest.raises(MeltanoFailed):
            bare.ask("known")
    finally:
        bare.end()


def test_a_program_whose_python_nobody_can_tell_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "meltano"
    path.write_text("#!/bin/sh\ndocker run meltano\n")
    wrapped = Conversation(Meltano((str(path),), {}, str(tmp_path)), Pipeline())
    with pytest.raises(MeltanoFailed, match=r"no Python script\. Set meltano_executable"):
        wrapped.ask("known")


@pytest.mark.parametrize(
    ("words", "environ", "is_within"),
    [
        ((), {}, False),
        (("run", "tap"), {}, True),
        ((), {"MELTANO_UTILITY_NAME": "zuora360"}, True),
        ((), {"MELTANO_LOADER_NAME": "target-zuora360-cleanup"}, True),
    ],
)
def test_the_program_is_told_whether_meltano_runs_this_process(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    words: tuple[str, ...],
    environ: dict[str, str],
    is_within: bool,
) -> None:
    script = tmp_path / "answers.py"
    script.write_text(
        "import json, sys\nfirst = sys.stdin.readline()\n"
        "print(json.dumps({'answer': 0}), flush=True)\n"
        "sys.stdin.readline()\nprint(json.dumps({'answer': json.loads(first)}), flush=True)\n"
    )
    monkeypatch.setattr(module, "_SCRIPT", script)
    meltano = Meltano((sys.executable, "meltano"), environ, str(tmp_path), words)
    made = Conversation(meltano, Pipeline())
    told = made.ask("first")
    made.end()
    assert told == {"words": list(words), "environment": "", "is_within": is_within}
