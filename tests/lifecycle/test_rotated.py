"""A new refresh token is not lost: Meltano stores it, or it is in a file; no log shows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.lifecycle import rotated
from target_zuora360_cleanup.lifecycle.rotated import FILE, keeper
from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.pipeline import OwnPlugin
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.settings.reading import read_settings

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "5Aep861.new-sec-ret"
SETTINGS = read_settings({})
PLUGIN = OwnPlugin("loader", "target-zuora360-cleanup--eu")


@pytest.fixture(autouse=True)
def no_meltano(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotated, "find_meltano", lambda *_: Meltano(("meltano",), {}, "."))
    for name in ("MELTANO_LOADER_NAME", "MELTANO_UTILITY_NAME"):
        monkeypatch.delenv(name, raising=False)


def stored_with(monkeypatch: pytest.MonkeyPatch, failure: Exception | None) -> list[Any]:
    stored: list[Any] = []

    def store(_: Meltano, plugin: OwnPlugin, name: str, value: str) -> None:
        if failure:
            raise failure
        stored.append((plugin, name, value))

    monkeypatch.setattr(rotated, "store_secret", store)
    return stored


def test_under_meltano_it_is_stored_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stored = stored_with(monkeypatch, None)
    monkeypatch.setenv("MELTANO_LOADER_NAME", PLUGIN.name)
    keeper(SETTINGS, OutputFolder(tmp_path))(TOKEN)
    assert stored == [(PLUGIN, "refresh_token", TOKEN)]
    assert f"meltano config set {PLUGIN.name} refresh_token" in caplog.text
    assert TOKEN not in caplog.text
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("name", ["", PLUGIN.name])
def test_elsewhere_it_is_in_a_file_of_the_owners(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    stored_with(monkeypatch, MeltanoFailed("Meltano says: it is read-only"))
    monkeypatch.setenv("MELTANO_LOADER_NAME", name)
    keep = keeper(SETTINGS, OutputFolder(tmp_path / "new"))
    keep("an older one")
    keep(TOKEN)
    file = tmp_path / "new" / FILE
    assert file.read_text(encoding="utf-8") == TOKEN
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(file) in caplog.text
    assert TOKEN not in caplog.text
    assert ("it is read-only" in caplog.text) == bool(name)


def test_what_can_not_be_kept_is_told_and_ends_no_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    keeper(SETTINGS, OutputFolder(tmp_path / "file"))(TOKEN)
    assert "before the next run" in caplog.text
    assert TOKEN not in caplog.text
