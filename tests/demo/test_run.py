"""`meltano run demo` on a copy of the project, with real Meltano installing what it needs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT, copy_parts
from tests.support.waiting import free_port, wait_until

PARTS = (
    "LICENSE", "README.md", "pyproject.toml", "requirements.lock", "meltano.yml",
    "target_zuora360_cleanup", "tests/__init__.py", "tests/demo",
)  # fmt: skip
SECONDS = 300
STATE_ID = "dev:tap-zuora-to-target-zuora360-cleanup"
LEFT = '{"singer_state": {"bookmarks": {"Account": {"UpdatedDate": "2999-01-01T00:00:00Z"}}}}'

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * SECONDS)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    copy_parts(PARTS, folder)
    return folder


@pytest.fixture
def port() -> int:
    return free_port()


# What another Meltano around these tests may have set; and installed programs may be compiled.
OTHERS = ("MELTANO_", "TARGET_", "TAP_", "ZUORA", "PYTHONDONTWRITEBYTECODE")


def environ(port: int, **settings: str) -> dict[str, str]:
    """This process's environment, with settings of the loader and, in capitals, variables."""
    settings["instance_url"] = f"http://127.0.0.1:{port}"
    given = {
        k if k.isupper() else f"TARGET_ZUORA360_CLEANUP_{k.upper()}": v for k, v in settings.items()
    }
    return {k: v for k, v in os.environ.items() if not k.startswith(OTHERS)} | given


def meltano(
    project: Path, port: int, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("meltano")), *arguments],
        cwd=project, env=environ(port, **settings), stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def shown(page: str, first: str) -> list[str]:
    """The lines of the demo's output in a page, by the word that they begin with."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (block,) = re.findall(rf"```text\n( {first} .*?)```", text, re.DOTALL)
    return str(block).splitlines()


def test_the_demo_prints_what_the_pages_show_whatever_state_an_earlier_one_left(
    project: Path, port: int
) -> None:
    assert meltano(project, port, "state", "set", "--force", STATE_ID, LEFT).returncode == 0
    done = meltano(project, port, "run", "demo")
    assert done.returncode == 0, done.stderr
    printed = [line.rstrip() for line in done.stderr.splitlines()]
    lines = [*shown("README.md", "Step"), *shown("docs/relink.md", "Of")]
    assert [line for line in lines if line not in printed] == []
    assert not is_open(port)


def test_a_taken_port_ends_the_demo_with_a_sentence_that_says_what_to_do(
    project: Path, port: int
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = meltano(project, port, "run", "demo")
    assert done.returncode == 1
    assert f"INSTANCE_URL=http://127.0.0.1:{port + 1} meltano run demo" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Full sync" not in done.stderr


def test_a_demo_that_fails_says_why_and_takes_the_emulator_down_too(
    project: Path, port: int
) -> None:
    done = meltano(project, port, "run", "demo", max_records="1", ZUORA360_DEMO_RECORDS="300")
    assert done.returncode == 1
    assert f"emulated at http://127.0.0.1:{port}" in done.stderr
    assert "max_records" in done.stderr
    assert "Loader failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Logging error" not in done.stderr
    assert not is_open(port)


def test_a_demo_whose_meltano_is_killed_leaves_no_emulator_behind(project: Path, port: int) -> None:
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("meltano")), "run", "demo"],
        cwd=project, env=environ(port), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as demo:  # fmt: skip
        try:
            wait_until(lambda: is_open(port), SECONDS)
        finally:
            demo.kill()
    wait_until(lambda: not is_open(port), 30)
