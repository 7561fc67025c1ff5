"""Rows that were planned and were gone before their turn are nobody's deletion here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.shapes import INVOICES, ITEMS, at_first, cleanup, ids, shaped

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_others_deleted_first_is_not_told_as_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with shaped({}) as server:
        before = sorted(ids(server, INVOICES))
        others = [{"Id": each} for each in before[:3]]

        at_first(monkeypatch, ITEMS, lambda: server.org.dml("delete", INVOICES, others))
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, INVOICES)) == (0, set())
    entry = ran.object(INVOICES)
    assert (entry["found"], entry["deleted"]) == (len(before) - 3, len(before) - 3)
    assert f"{INVOICES}: 3 rows of the plan were gone before their turn." in caplog.messages
