"""Both forms of the report are written; one that can't be is told and hides nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.report import html as report_html
from tests.support.runs import Ran, run

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = {"access_token": "00D!x", "instance_url": "http://127.0.0.1:9"}
REFUSED = {"state_is_stored": False}


def reset(output: Path, more: dict[str, Any] | None = None) -> Ran:
    return run({"mode": "reset", **LOGIN, **(more or {})}, output)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    real = OutputFolder.write_text

    def full(self: OutputFolder, name: str, text: str) -> Path:
        if name == "report.html":
            raise OSError(28, "No space left on device")
        return real(self, name, text)

    monkeypatch.setattr(OutputFolder, "write_text", full)


@pytest.fixture
def bad_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(_: Any) -> str:
        raise KeyError("objects")

    monkeypatch.setattr(report_html, "render", bad)


def test_a_run_leaves_a_page_beside_its_report(tmp_path: Path) -> None:
    ran = reset(tmp_path)
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert page == report_html.render(ran.report)
    assert ran.report["headline"] in page
    assert str(ran.folder / "report.html") in ran.summary


@pytest.mark.usefixtures("full_disk")
def test_a_page_that_can_not_be_written_fails_the_run_and_nothing_else(tmp_path: Path) -> None:
    ran = reset(tmp_path)
    assert ran.status == 1
    assert ran.message.startswith("report.html can't be written: No space left on device.")
    assert (ran.report["status"], len(ran.states)) == ("done", 1)
    assert "the bookmarks are reset" in ran.summary


@pytest.mark.usefixtures("bad_page")
def test_a_page_that_can_not_be_made_fails_the_run_and_nothing_else(tmp_path: Path) -> None:
    ran = reset(tmp_path)
    assert (ran.status, ran.report["status"]) == (1, "done")
    assert ran.message.startswith("report.html can't be made of the report: KeyError")
    assert "the bookmarks are reset" in ran.summary


@pytest.mark.parametrize("trouble", ["full_disk", "bad_page"])
def test_trouble_with_the_page_never_hides_what_the_run_ends_with(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    trouble: str,
) -> None:
    request.getfixturevalue(trouble)
    caplog.set_level(logging.ERROR)
    ran = reset(tmp_path, REFUSED)
    assert ran.status == 3
    assert "Nobody is known to store" in ran.message
    assert "report.html can't be" in caplog.text
