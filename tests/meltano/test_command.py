"""Meltano is found without the user naming a path, and its words are passed on safely."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed, find_meltano, started_by

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = sys.executable


def script(folder: Path, text: str, name: str = "meltano") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("/v/python", "/v/bin/meltano", "run", "x"), ("/v/python", "/v/bin/meltano")),
        (("/v/python", "-m", "meltano", "run"), ("/v/python", "-m", "meltano")),
        (("/opt/meltano", "run", "meltano"), ("/opt/meltano",)),
        (("/bin/sh", "-c", "meltano-not"), ()),
        ((), ()),
    ],
)
def test_meltano_is_known_by_its_command_line(
    words: tuple[str, ...], command: tuple[str, ...]
) -> None:
    assert started_by(words) == command


def test_the_nearest_parent_that_is_meltano_is_taken() -> None:
    parents = [("/bin/sh", "wrapper"), ("/v/python", "/v/bin/meltano", "run")]
    assert find_meltano(None, {}, parents).command == ("/v/python", "/v/bin/meltano")


def test_else_the_one_on_path_is_taken(tmp_path: Path) -> None:
    path = script(tmp_path, "#!/bin/sh\n")
    assert find_meltano(None, {"PATH": str(tmp_path)}, []).command == (str(path),)


def test_else_the_one_beside_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path, "#!/bin/sh\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert find_meltano(None, {"PATH": ""}, []).command == (str(path),)


def test_the_one_that_the_user_names_goes_before_all(tmp_path: Path) -> None:
    path = script(tmp_path, "#!/bin/sh\n", "mine")
    parents = [("/v/python", "/v/bin/meltano", "run")]
    assert find_meltano(str(path), {}, parents).command == (str(path),)


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
