"""What is read of a cleanup's folder, also of one that was killed."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion.undo_record import UndoRecord, is_running
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.org_facts import OrgInfo
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.plan.plan import Plan
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.state import KeptState
from target_zuora360_cleanup.state.form import loaded
from target_zuora360_cleanup.undo.source import Cleanup, cleanups_in

if TYPE_CHECKING:
    from pathlib import Path

ID = "a065g0000000001AAA"
BEFORE: dict[str, Any] = loaded('{"bookmarks": {"a": {"x": 1.10000000000000000001}}}')
STATE = KeptState("file", "/state.json", BEFORE, {"bookmarks": {}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "20260504T010000Z-cleanup"
    made.mkdir()
    record = UndoRecord(OutputFolder(made))
    plan = Plan(OrgInfo("00D5g0000000001EAA", "Acme", is_sandbox=True), (), ())
    record.begin(plan, read_settings({"backup": "full"}))
    record.keep(STATE)
    record.close()
    return made


def backup(folder: Path, content: bytes, name: str = "A__c", *, cut: int = 0) -> None:
    (folder / "backup").mkdir(exist_ok=True)
    packed = gzip.compress(content)
    (folder / "backup" / f"{name}.csv.gz").write_bytes(packed[: len(packed) - cut])


def test_a_record_is_read_as_it_was_written_to_the_last_digit(folder: Path) -> None:
    cleanup = Cleanup.read(folder)
    assert (cleanup.org_id, cleanup.is_hard, cleanup.backup) == (
        "00D5g0000000001EAA",
        False,
        "full",
    )
    assert cleanup.states == (STATE,)
    assert (folder / "undo.json").stat().st_mode & 0o777 == 0o600
    assert cleanups_in(str(folder.parent)) == [cleanup]


def test_a_file_is_known_by_its_whole_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    record = UndoRecord(OutputFolder(folder))
    record.keep(KeptState("file", "state.json", BEFORE, {"bookmarks": {}}))
    assert json.loads((folder / "undo.json").read_text())["states"][0]["state_id"] == str(
        (folder / "state.json").resolve()
    )


def test_a_cleanup_that_runs_is_seen(folder: Path) -> None:
    assert not is_running(folder)
    record = UndoRecord(OutputFolder(folder))
    plan = Plan(OrgInfo("00D5g0000000001EAA", "Acme", is_sandbox=True), (), ())
    record.begin(plan, read_settings({}))
    assert Cleanup.read(folder).is_running
    record.close()
    assert not is_running(folder)


def test_ids_are_read_out_of_whole_rows_whatever_their_values_hold(folder: Path) -> None:
    backup(folder, b'"Id","Text"\n"' + ID.encode() + b'","two\nlines, ""quoted"""\n')
    backup(folder, b'"Id"\n"' + ID.encode() + b'"\n', "B__c.taken_along")
    assert [each for each in Cleanup.read(folder).rows() if each[1]] == [
        ("A__c", [ID]),
        ("B__c", [ID]),
    ]


def test_a_file_that_was_cut_off_gives_what_is_whole_in_it(folder: Path) -> None:
    rows = b"".join(b'"a065g%010dAAA"\n' % number for number in range(5_000))
    backup(folder, b'"Id"\n' + rows, cut=200)
    found = [each for _, ids in Cleanup.read(folder).rows() for each in ids]
    assert 0 < len(found) < 5_000


@pytest.mark.parametrize("content", [b'"Id"\n"x"\n', b"no gzip"], ids=["no id", "no gzip"])
def test_what_is_no_backup_is_told(folder: Path, content: bytes) -> None:
    backup(folder, content)
    if content == b"no gzip":
        (folder / "backup" / "A__c.csv.gz").write_bytes(content)
    with pytest.raises(InputError, match="can't be read"):
        list(Cleanup.read(folder).rows())


@pytest.mark.parametrize("content", ["{", '{"org_id": 1}', "[]"])
def test_a_record_of_another_form_is_told(folder: Path, content: str) -> None:
    (folder / "undo.json").write_text(content)
    with pytest.raises(InputError):
        Cleanup.read(folder)


def test_what_is_put_back_is_noted_before_and_kept(folder: Path) -> None:
    Cleanup.read(folder).note(STATE)
    assert Cleanup.read(folder).put_back == (STATE,)
    assert not Cleanup.read(folder).is_done
    Cleanup.read(folder).mark_done()
    assert (Cleanup.read(folder).is_done, Cleanup.read(folder).put_back) == (True, (STATE,))
    assert json.loads((folder / "undone.json").read_text())["schema_version"] == 1
