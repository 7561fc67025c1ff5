"""`meltano run demo` on a copy of the project, with real Meltano installing what it needs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("LICENSE", "README.md", "pyproject.toml", "meltano.yml", "target_zuora360_cleanup")
STATE_ID = "demo:tap-zuora-to-target-zuora360-cleanup"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    ignore = shutil.ignore_patterns("__pycache__")
    for part in (*PARTS, "tests/demo", "tests/data/tap_zuora"):
        source, copy = ROOT / part, folder / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignore)
        else:
            shutil.copy(source, copy)
    return folder


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def meltano(
    project: Path, port: int, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Meltano with none of the variables that another Meltano around these tests may have set."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MELTANO_", "TARGET_"))}
    settings["instance_url"] = f"http://127.0.0.1:{port}"
    environment |= {f"TARGET_ZUORA360_CLEANUP_{k.upper()}": v for k, v in settings.items()}
    return subprocess.run(
        [str(Path(sys.executable).with_name("meltano")), *arguments],
        cwd=project, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_the_demo_runs_twice_and_leaves_the_tap_before_a_full_sync(
    project: Path, port: int, attempt: str
) -> None:
    done = meltano(project, port, "run", "demo")
    assert done.returncode == 0, (attempt, done.stderr)
    assert "Before the cleanup, the same run sent 37 records." in done.stderr
    assert re.search(r"Zuora__CustomerAccount__c +\d+ +0\n", done.stderr)
    assert re.search(r"Account +none +16\n", done.stderr)
    assert not is_open(port)
    state = meltano(project, port, "state", "get", STATE_ID).stdout
    assert '"Account"' not in state
    assert '"Amendment"' in state


def test_a_taken_port_ends_the_demo_with_a_sentence_that_says_what_to_do(
    project: Path, port: int
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = meltano(project, port, "run", "demo")
    assert done.returncode == 1
    assert f"INSTANCE_URL=http://127.0.0.1:{port + 1} meltano run demo" in done.stderr
    assert "Running job with name" not in done.stderr


def test_a_demo_that_fails_says_why_and_takes_the_emulator_down_too(
    project: Path, port: int
) -> None:
    done = meltano(project, port, "run", "demo", max_records="1")
    assert done.returncode == 1
    assert f"emulated at http://127.0.0.1:{port}" in done.stderr
    assert "max_records" in done.stderr
    assert "Loader failed" in done.stderr
    assert "Logging error" not in done.stderr
    assert _closes(port)


def _closes(port: int) -> bool:
    """Whether the emulator notices within its half second, and some grace, that Meltano is gone."""
    deadline = time.monotonic() + 15
    while is_open(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
