"""Meltano is found without the user naming a path, and its words are passed on safely."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed, find_meltano
from target_zuora360_cleanup.meltano.processes import Process

if TYPE_CHECKING:
    from pathlib import Path


def script(folder: Path, text: str, name: str = "meltano") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


RUN = Process(("/v/python", "/v/bin/meltano", "run", "x"), {"A": "of Meltano"})
SCRIPT = "#!/v/bin/python\n"


def test_the_nearest_parent_that_is_meltano_is_taken_with_what_it_was_told() -> None:
    parents = [Process(("/bin/sh", "wrapper")), RUN, Process(("/w/meltano", "schedule", "run"))]
    found = find_meltano(None, {"MELTANO_PROJECT_ROOT": "/p", "A": "of the plugin"}, parents)
    assert (found.python, found.words, found.folder) == ("/v/python", ("run", "x"), "/p")
    assert found.command == ("/v/python", "/v/bin/meltano")
    assert (found.environ["A"], found.around) == ("of the plugin", {"A": "of Meltano"})


def test_where_no_environment_of_meltano_can_be_read_the_plugins_is_taken() -> None:
    found = find_meltano(None, {"A": "of the plugin"}, [Process(RUN.words)])
    assert (found.environ, found.around) == ({"A": "of the plugin"}, None)


def test_else_the_one_on_path_is_taken(tmp_path: Path) -> None:
    script(tmp_path, SCRIPT)
    found = find_meltano(None, {"PATH": str(tmp_path)}, [])
    assert (found.python, found.words) == ("/v/bin/python", ())


def test_else_the_one_beside_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, SCRIPT)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert find_meltano(None, {"PATH": ""}, []).python == "/v/bin/python"


def test_the_one_that_the_user_names_goes_before_all(tmp_path: Path) -> None:
    path = script(tmp_path, "#!/mine/python\n", "mine")
    found = find_meltano(str(path), {}, [RUN])
    assert (found.python, found.words) == ("/mine/python", ("run", "x"))


@pytest.mark.parametrize("named", ["/not/there", None])
def test_none_is_told_with_the_remedy(
    named: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(InputError, match="meltano_executable"):
        find_meltano(named, {"PATH": str(tmp_path)}, [])


@pytest.mark.parametrize(
    ("head", "python"),
    [
        ("#!/v/bin/python3\nimport sys\n", "/v/bin/python3"),
        ('#!/bin/sh\n\'\'\'exec\' "/a b/bin/python" "$0" "$@"\n', "/a b/bin/python"),
        ("#!/bin/sh\n'''exec' /v/bin/python \"$0\" \"$@\"\n", "/v/bin/python"),
        ("#!/bin/sh\ndocker run meltano\n", ""),
        ("\x7fELF", ""),
    ],
)
def test_the_python_of_meltano_stands_in_its_first_lines(
    head: str, python: str, tmp_path: Path
) -> None:
    assert Meltano((str(script(tmp_path, head)),), {}, ".").python == python


def test_the_python_that_runs_meltano_is_its_own() -> None:
    assert Meltano(("/v/python", "/v/bin/meltano"), {}, ".").python == "/v/python"


def test_what_meltano_says_last_is_passed_on_without_passwords(tmp_path: Path) -> None:
    text = "#!/bin/sh\necho first >&2\necho 'no route to postgres://me:secret@db/x' >&2\nexit 1\n"
    meltano = Meltano((str(script(tmp_path, text)),), {}, str(tmp_path))
    with pytest.raises(MeltanoFailed) as caught:
        meltano.run("state", "list")
    assert "no route to postgres://me:…@db/x" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_program_that_can_not_be_started_is_told() -> None:
    with pytest.raises(MeltanoFailed, match="could not be started"):
        Meltano(("/not/there",), {}, ".").run("state", "list")
