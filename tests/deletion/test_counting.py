"""What is left is counted with an eye on rows that stay, of which some may be gone as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.runs import ALLOWED, login, run
from tests.support.shapes import at_first, cleanup, ids, shaped

if TYPE_CHECKING:
    from pathlib import Path

PRODUCT = "zqu__ZProduct__c"
CATALOG = {"object_groups": ["product_catalog"]}


@pytest.mark.quotes_may_change
def test_a_row_that_stays_and_is_gone_hides_none_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of rows that are left is the one that was to stay, and one of them was refused."""
    with shaped({}, 2_000) as server:
        plan = run({**login(server), **ALLOWED, **CATALOG, "mode": "plan"}, tmp_path / "plan")
        kept = sorted(row["id"] for row in plan.file("kept.csv") if row["object"] == PRODUCT)
        others = sorted(ids(server, PRODUCT) - set(kept))
        refused = {"object": PRODUCT, "operation": "delete", "ids": others[:1], "code": "NO_LUCK"}
        server.set_faults({"rows": [refused]})
        gone = [{"Id": kept[0]}]
        at_first(monkeypatch, PRODUCT, lambda: server.org.dml("delete", PRODUCT, gone))
        ran = cleanup(server, tmp_path / "cleanup", include_objects=None, **CATALOG)
        assert ids(server, PRODUCT) == {*kept[1:], others[0]}
    entry = ran.object(PRODUCT)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert (entry["failed"], entry["deleted"]) == (1, len(others) - 1)
