"""A new refresh token is not lost: Meltano stores it, or it is in a file; no log shows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.lifecycle import rotated
from target_zuora360_cleanup.lifecycle.rotated import FILE, keeper
from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.settings.reading import read_settings

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "5Aep861.new-sec-ret"
SETTINGS = read_settings({})
UNDER_MELTANO = Pipeline(loader="target-zuora360-cleanup--eu")


@pytest.fixture(autouse=True)
def no_meltano(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotated, "find_meltano", lambda *_: Meltano(("meltano",), {}, "."))


def stored_with(monkeypatch: pytest.MonkeyPatch, failure: Exception | None) -> list[Any]:
    stored: list[Any] = []

    def store(_: Meltano, loader: str, name: str, value: str) -> None:
        if failure:
            raise failure
        stored.append((loader, name, value))

    monkeypatch.setattr(rotated, "store_secret", store)
    return stored


def test_under_meltano_it_is_stored_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stored = stored_with(monkeypatch, None)
    keeper(SETTINGS, OutputFolder(tmp_path), UNDER_MELTANO)(TOKEN)
    assert stored == [(UNDER_MELTANO.loader, "refresh_token", TOKEN)]
    assert f"meltano config set {UNDER_MELTANO.loader} refresh_token" in caplog.text
    assert TOKEN not in caplog.text
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("pipeline", [Pipeline(), UNDER_MELTANO])
def test_elsewhere_it_is_in_a_file_of_the_owners(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    pipeline: Pipeline,
) -> None:
    caplog.set_level(logging.DEBUG)
    stored_with(monkeypatch, MeltanoFailed("Meltano says: it is read-only"))
    keep = keeper(SETTINGS, OutputFolder(tmp_path / "new"), pipeline)
    keep("an older one")
    keep(TOKEN)
    file = tmp_path / "new" / FILE
    assert file.read_text(encoding="utf-8") == TOKEN
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(file) in caplog.text
    assert TOKEN not in caplog.text
    assert ("it is read-only" in caplog.text) == bool(pipeline.loader)


def test_what_can_not_be_kept_is_told_and_ends_no_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    keeper(SETTINGS, OutputFolder(tmp_path / "file"), Pipeline())(TOKEN)
    assert "before the next run" in caplog.text
    assert TOKEN not in caplog.text
