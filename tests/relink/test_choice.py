"""Which cleanups there are to relink; where none had anything to write down, that is no error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.org_facts import OrgInfo
from target_zuora360_cleanup.relink.choice import candidates, choose

if TYPE_CHECKING:
    from pathlib import Path

NOTHING: dict[str, Any] = {
    "status": "done", "blank_links": [], "detached": [], "findings": [{"code": "paired-states"}],
    "guards": {"lookup_links": "snapshot", "keep_own_values": "on"},
}  # fmt: skip
LINK = {"object": "Note__c", "field": "Invoice__c", "rows": 1, "gone": 1}


def leave(output: Path, number: int, report: dict[str, Any] | None) -> None:
    """The folder of a cleanup, with its report."""
    folder = output / f"20260504T08000{number}Z-cleanup"
    folder.mkdir()
    if report is not None:
        (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


@pytest.mark.parametrize("others", [[], [{"status": "refused"}], [NOTHING]])
def test_where_no_cleanup_had_a_link_or_a_value_to_write_down_there_is_nothing_to_do(
    tmp_path: Path, others: list[dict[str, Any]]
) -> None:
    for number, report in enumerate([NOTHING, *others]):
        leave(tmp_path, number, report)
    assert candidates(str(tmp_path), None) == []
    assert choose([], OrgInfo("00D5g0000000001EAA", "Acme", is_sandbox=True)) == []


@pytest.mark.parametrize(
    "report",
    [
        None,
        {"status": "refused"},
        {"status": "done"},
        NOTHING | {"blank_links": [LINK]},
        NOTHING | {"blank_links": None},
        NOTHING | {"detached": [LINK]},
        NOTHING | {"findings": [{"code": "own-values"}]},
        NOTHING | {"findings": [{"code": "rows-not-counted"}]},
        NOTHING | {"guards": {"lookup_links": "ignore", "keep_own_values": "on"}},
        NOTHING | {"guards": {"lookup_links": "snapshot", "keep_own_values": "off"}},
    ],
)
def test_where_a_cleanup_may_have_had_some_a_missing_snapshot_is_an_error(
    tmp_path: Path, report: dict[str, Any] | None
) -> None:
    leave(tmp_path, 1, report)
    with pytest.raises(InputError, match="holds no cleanup with links"):
        candidates(str(tmp_path), None)
