"""What is built can be installed without extras, and runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.meltano_project import BIN
from tests.support.paths import ROOT
from tests.support.runs import ALLOWED, lines, login, tap_stream
from tests.support.syncs import keys, record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
UV = BIN / "uv"
"""Comes with Meltano, and installs in seconds."""
PACKAGE = "target_zuora360_cleanup"
SECONDS = 300
TABLES = ("fields", "objects", "zuora")


def did(*command: str | Path, **kwargs: object) -> str:
    done = subprocess.run(  # type: ignore[call-overload]
        command, capture_output=True, timeout=SECONDS, check=False, **kwargs
    )
    assert done.returncode == 0, done.stderr.decode()
    return str(done.stdout.decode())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    did(UV, "build", "--quiet", "--out-dir", folder / "dist", ROOT)
    return folder / "dist"


def test_the_source_distribution_has_what_it_takes_to_build_test_and_read(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", f"{PACKAGE}/target.py"} <= names


def test_the_wheel_runs_without_extras(built: Path, tmp_path: Path) -> None:
    wheel = next(built.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.startswith("tests/")]
    data = {"catalog/field_maps.tsv", *(f"emulator/schema/data/{name}.tsv" for name in TABLES)}
    assert {f"{PACKAGE}/{name}" for name in data} <= set(names)
    binaries = tmp_path / "clean/bin"
    did(UV, "venv", "--quiet", "--python", sys.executable, binaries.parent)
    here = ("--python", binaries / "python")
    did(UV, "pip", "install", "--quiet", *here, wheel)
    installed = json.loads(did(UV, "pip", "list", "--format=json", *here))
    assert not {each["name"] for each in installed} & {"meltano", "starlette", "uvicorn", "pytest"}
    with Emulated(OrgOptions(records=300, sandbox=True)) as server:
        config = tmp_path / "config.json"
        settings = {**login(server), **ALLOWED, "mode": "plan", "output_dir": str(tmp_path / "o")}
        config.write_text(json.dumps(settings), encoding="utf-8")
        out = did(
            binaries / "target-zuora360-cleanup", "--config", config, input=tap_stream(),
            cwd=tmp_path,
        )  # fmt: skip
        assert out == ""
        (report,) = (tmp_path / "o").glob("*/report.json")
        assert json.loads(report.read_text(encoding="utf-8"))["status"] == "done"
        assert "</html>" in report.with_name("report.html").read_text(encoding="utf-8")
        config.write_text(json.dumps({**settings, "mode": "sync"}), encoding="utf-8")
        features = record("Feature", "wheel", Name="F")
        out = did(
            binaries / "target-zuora360-cleanup", "--config", config,
            input=lines(schema("Feature", "Name"), features, state(F=1)),
            cwd=tmp_path,
        )  # fmt: skip
        assert json.loads(out) == {"bookmarks": {"F": 1}}
        assert keys(server.org, "zqu__ZFeature__c", "wheel", "zqu__ZuoraId__c") == {"wheel"}
        shown = did(binaries / "zuora360", "status", "--config", config, "--json", cwd=tmp_path)
        assert json.loads(shown)["org"]["id"] == server.org.org_id


def test_the_plugin_needs_no_emulator() -> None:
    """Nothing of it is loaded by what the console scripts import."""
    code = (
        "import sys, target_zuora360_cleanup.target, target_zuora360_cleanup.cli, "
        "target_zuora360_cleanup.cleanup.run, target_zuora360_cleanup.sync.run; "
        "sys.exit(any('emulator' in name for name in sys.modules))"
    )
    did(sys.executable, "-c", code)
