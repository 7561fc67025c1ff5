"""What CI runs, what is run before a commit, and what the package says of itself fit together."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from tests.support.paths import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))


def workflow() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    return made


def test_ci_runs_every_python_that_is_supported() -> None:
    jobs = workflow()["jobs"].values()
    alone = [
        step["with"]["python-version"] for job in jobs for step in job["steps"] if "with" in step
    ]
    matrix = [
        each for job in jobs for each in job.get("strategy", {}).get("matrix", {}).get("python", ())
    ]
    assert set(PYTHONS) == {each for each in (*alone, *matrix) if "$" not in each}
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_the_readme_and_the_page_of_numbers_name_the_same_pythons() -> None:
    for page in ("README.md", "docs/performance.md"):
        assert f"{PYTHONS[0]} to {PYTHONS[-1]}" in (ROOT / page).read_text("utf-8")


def test_what_is_run_before_a_commit_is_what_ci_runs() -> None:
    ci = (ROOT / ".ci/run").read_text("utf-8")
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    entries = [
        hook["entry"].removesuffix(" --force-exclude") for hook in hooks["repos"][0]["hooks"]
    ]
    checks = [each for each in entries if "tests.documents" not in each]
    assert [each for each in checks if each not in ci] == []
    assert sorted(checks) == sorted(
        {
            each.removesuffix(" .")
            for each in re.findall(r"\.venv/bin/(?:ruff|mypy)[^&']*[^&' ]", ci)
        }
    )


def test_nothing_is_installed_without_a_hash() -> None:
    """What has none is refused (`--require-hashes`), and nothing is taken besides (`--no-deps`)."""
    ours = "--no-deps --no-build-isolation -e ."
    for file in ("README.md", "CONTRIBUTING.md", ".github/workflows/ci.yml"):
        commands = re.findall(r"pip install -q ([^&\n]*[^&\s])", (ROOT / file).read_text("utf-8"))
        assert set(commands) == {"--require-hashes -r requirements.lock", ours}, file
    pinned = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8"))[2:]
    assert [each for each in pinned if "--hash=sha256:" not in each or "==" not in each] == []
    project = {line.split("==")[0] for line in pinned}
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert {re.split(r"[<>=]", each)[0] for each in build} <= project
