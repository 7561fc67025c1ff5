"""Meltano is known among the processes above this one, however it was started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.meltano.processes import Process, ancestors, is_scheduled, started_by
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (("/v/python", "/v/bin/meltano", "run", "x"), ("run", "x")),
        (("/v/python", "-m", "meltano", "run"), ("run",)),
        (("/v/python3.12", "-X", "dev", "-W", "ignore", "-m", "meltano", "run"), ("run",)),
        (("/v/python", "-I", "/v/bin/meltano", "run", ""), ("run", "")),
        (("/opt/meltano", "run", "meltano"), ("run", "meltano")),
        (("/v/python", "/p/.meltano/run/bin", "elt", "x"), ("elt", "x")),
        (("/bin/sh", "-c", "meltano run"), ()),
        (("/v/python", "-m", "notmeltano", "meltano"), ()),
        (("/v/python", "script.py", "meltano"), ()),
        (("/v/python",), ()),
        ((), ()),
    ],
)
def test_what_meltano_is_told_is_read_from_its_command_line(
    words: tuple[str, ...], rest: tuple[str, ...]
) -> None:
    assert Process(words).rest == rest
    assert bool(started_by(words)) == bool(rest)


def test_meltano_is_known_behind_the_link_by_which_it_starts_itself(tmp_path: Path) -> None:
    program = tmp_path / "meltano"
    program.touch()
    link = tmp_path / "bin"
    link.symlink_to(program)
    assert Process(("/v/python", str(link), "run", "job")).rest == ("run", "job")


def test_the_parents_of_this_process_are_told_nearest_first_with_their_environment() -> None:
    found = list(ancestors())
    assert found[0].words
    assert found[0].environ is None or isinstance(found[0].environ, dict)
    assert len(found) < 100
    assert os.getppid() > 1 or len(found) == 1


@pytest.mark.parametrize("call", ["exec", ""], ids=["exec", "no exec"])
def test_meltano_is_found_above_a_wrapper_of_the_plugin(tmp_path: Path, call: str) -> None:
    asks = (
        "import json, os; from target_zuora360_cleanup.meltano.command import find_meltano; "
        "made = find_meltano(None, os.environ); "
        "print(json.dumps([made.words, made.around['MARK']]))"
    )
    wrapper, meltano = tmp_path / "wrapper.sh", tmp_path / "meltano"
    # (what comes after the call keeps a shell from becoming what it calls)
    wrapper.write_text(f"{call} '{sys.executable}' -c \"{asks}\"\nexit $?\n")
    meltano.write_text(f"import subprocess; subprocess.run(['/bin/sh', {str(wrapper)!r}])")
    done = subprocess.run(
        [sys.executable, str(meltano), "run", "tap", "--state_id_suffix=eu"],
        env={**os.environ, "MARK": "of Meltano", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [["run", "tap", "--state_id_suffix=eu"], "of Meltano"]


@pytest.mark.parametrize(
    ("words", "is_by_schedule"),
    [
        (["meltano", "schedule", "run", "daily"], True),
        (["meltano", "--environment=prod", "schedule", "run", "daily"], True),
        (["meltano", "run", "tap-zuora", "target-zuora360-cleanup"], False),
        (["sh", "-c", "schedule"], False),
    ],
)
def test_a_run_of_a_schedule_is_known_by_what_meltano_was_told(
    words: list[str],
    is_by_schedule: bool,  # noqa: FBT001 - a table
) -> None:
    above = [Process(("sh",)), Process(tuple(words))]
    assert is_scheduled(above) is is_by_schedule
