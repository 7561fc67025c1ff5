"""A secret setting is stored by Meltano's own command, read back, and shown to nobody."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.pipeline import OwnPlugin
from target_zuora360_cleanup.meltano.setting import store_secret
from tests.support.meltano_project import BIN, LOADER, Project, project_file

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "5Aep861.new-sec-ret"
OWN = OwnPlugin("loader", LOADER)
FAKE = """#!{python}
import json, os, sys
words = sys.argv[1:]
folder = {folder!r}
if words[:2] == ["config", "set"]:
    given = sys.stdin.read()
    seen = {{"words": words, "environ": dict(os.environ), "given": given}}
    json.dump(seen, open(folder + "/seen.json", "w"))
    if {fails}:
        sys.exit("can't store " + given + " here")
else:
    print("a line of a log")
    print(json.dumps({stored!r}))
"""


def fake(folder: Path, stored: dict[str, Any], *, fails: bool = False) -> Meltano:
    """A Meltano that notes what it is asked to store, and then gives this back."""
    path = folder / "meltano"
    text = FAKE.format(python=sys.executable, folder=str(folder), fails=fails, stored=stored)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    environ = {"TARGET_ZUORA360_CLEANUP_REFRESH_TOKEN": "old", "KEPT": "yes"}
    return Meltano((str(path),), environ, str(folder))


def test_it_goes_to_the_project_by_standard_input(tmp_path: Path) -> None:
    store_secret(fake(tmp_path, {"refresh_token": TOKEN}), OWN, "refresh_token", TOKEN)
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert seen["given"] == TOKEN
    assert TOKEN not in " ".join(seen["words"])
    assert seen["words"][-2:] == [LOADER, "refresh_token"]
    assert seen["words"][seen["words"].index("--store") + 1] == "dotenv"


def test_what_meltano_handed_to_this_process_is_not_taken_for_the_users(tmp_path: Path) -> None:
    store_secret(fake(tmp_path, {"refresh_token": TOKEN}), OWN, "refresh_token", TOKEN)
    environ = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))["environ"]
    assert "TARGET_ZUORA360_CLEANUP_REFRESH_TOKEN" not in environ
    assert environ["KEPT"] == "yes"


@pytest.mark.parametrize("stored", [{}, {"refresh_token": "old"}, {"refresh_token": "*****"}])
def test_what_does_not_read_back_is_not_stored(tmp_path: Path, stored: dict[str, Any]) -> None:
    with pytest.raises(MeltanoFailed, match="back"):
        store_secret(fake(tmp_path, stored), OWN, "refresh_token", TOKEN)


def test_what_meltano_says_is_told_without_the_value(tmp_path: Path) -> None:
    with pytest.raises(MeltanoFailed, match="can't store … here") as caught:
        store_secret(fake(tmp_path, {}, fails=True), OWN, "refresh_token", TOKEN)
    assert TOKEN not in str(caught.value)


@pytest.mark.slow
def test_the_real_meltano_stores_it_in_a_file_of_the_owners(tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project_file()), encoding="utf-8")
    environ = Project(tmp_path).environ({"refresh_token": "old"})
    meltano = Meltano((str(BIN / "meltano"),), environ, str(tmp_path))
    store_secret(meltano, OWN, "refresh_token", TOKEN)
    file = tmp_path / ".env"
    assert f"TARGET_ZUORA360_CLEANUP_REFRESH_TOKEN='{TOKEN}'" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    assert TOKEN not in (tmp_path / "meltano.yml").read_text(encoding="utf-8")
