"""What earlier cleanups have deleted, whose bookmarks nobody has made sure of since."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pytest

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.report.earlier import deleted_before

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ORG = "00D000000000001AAA"
NONE: Final[Mapping[str, int | None]] = MappingProxyType({})
TERMS, UNITS = "Zuora__PaymentTerm__c", "Zuora__UnitOfMeasure__c"


def cleanup(
    output: Path,
    day: int,
    status: str,
    deleted: Mapping[str, int | None] = NONE,
    org_id: str | None = ORG,
) -> Path:
    """The folder of a cleanup of this day, with its report."""
    folder = output / f"202601{day:02}T000000Z-cleanup"
    folder.mkdir(parents=True)
    objects = [{"api_name": name, "deleted": rows} for name, rows in deleted.items()]
    report = {"status": status, "org": org_id and {"id": org_id}, "objects": objects}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return folder


@pytest.mark.parametrize("rows", [3, None], ids=["some", "nobody knows how many"])
def test_what_the_last_cleanup_has_deleted_is_told(tmp_path: Path, rows: int | None) -> None:
    cleanup(tmp_path, 1, "done", {TERMS: rows, UNITS: 0})
    assert deleted_before(str(tmp_path), ORG) == {TERMS}


@pytest.mark.parametrize("status", ["failed", "partial"])
def test_a_cleanup_that_did_not_come_to_its_end_hides_none_before_it(
    tmp_path: Path, status: str
) -> None:
    cleanup(tmp_path, 1, "partial", {TERMS: 3})
    cleanup(tmp_path, 2, status, {TERMS: 0, UNITS: 0})
    assert deleted_before(str(tmp_path), ORG) == {TERMS}


def test_one_that_was_killed_hides_behind_none_either(tmp_path: Path) -> None:
    (cleanup(tmp_path, 1, "partial") / "report.json").unlink()
    cleanup(tmp_path, 2, "failed", {TERMS: 0})
    assert deleted_before(str(tmp_path), ORG) == frozenset(BY_NAME)


def test_what_was_before_a_cleanup_that_came_to_its_end_is_settled(tmp_path: Path) -> None:
    cleanup(tmp_path, 1, "partial", {TERMS: 3})
    cleanup(tmp_path, 2, "done", {UNITS: 1})
    assert deleted_before(str(tmp_path), ORG) == {UNITS}


def test_cleanups_of_other_orgs_and_refused_ones_settle_nothing(tmp_path: Path) -> None:
    cleanup(tmp_path, 1, "partial", {TERMS: 3})
    cleanup(tmp_path, 2, "done", {UNITS: 1}, "00D000000000002AAA")
    cleanup(tmp_path, 3, "failed", org_id=None)
    own = cleanup(tmp_path, 4, "refused", {TERMS: 0})
    assert deleted_before(str(tmp_path), ORG) == {TERMS}
    assert deleted_before(str(tmp_path), ORG, own) == {TERMS}
