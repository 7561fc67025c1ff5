"""What a run leaves is for its user alone, stays in its folder, and is no formula."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.output.private import file_name, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_folders_and_files_are_the_users_alone(tmp_path: Path) -> None:
    parent = tmp_path / "deep" / "output"
    folder = OutputFolder.make(str(parent), "cleanup", datetime(2026, 5, 4, tzinfo=UTC))
    folder.prove_room(1)
    folder.write_json("report.json", {})
    folder.write_kept([("Product2", ["01t"])])
    folder.failures().add("Product2", [("01t", "CODE", "why")])
    folder.skipped().add("Product2", [("01t", "CODE", "why")])
    JobRecord.of_run(folder.path).note("750")
    for file in (folder.backup("Product2"), folder.links("Case.Invoice__c")):
        file.write(b"Id\n", b"01t\n")
        file.flush()
        file.close()
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").rglob("*")}
    assert {oct(mode) for path, mode in found.items() if path.is_dir()} == {"0o700"}
    assert {oct(mode) for path, mode in found.items() if path.is_file()} == {"0o600"}
    assert len([path for path in found if path.is_file()]) == 7


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".", "A..B", "A.", "a\\b", "A\n", "A\x00", "CON:", "Ä__c", "1__c"]
)
def test_a_name_that_might_lead_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CleanupError, match="is no API name"):
        file_name(name)
    folder = OutputFolder(tmp_path)
    for make in (folder.backup, folder.links):
        with pytest.raises(CleanupError):
            make(name)


def test_names_of_salesforce_are_taken() -> None:
    assert file_name("Zuora__ZInvoice__c") == "Zuora__ZInvoice__c"
    assert file_name("Case.Invoice__c") == "Case.Invoice__c"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_compute_is_made_harmless(text: str, tmp_path: Path) -> None:
    assert harmless(text) == f"'{text}"
    folder = OutputFolder(tmp_path)
    folder.failures().add("Case", [("500", "CODE", text)])
    written = (tmp_path / "failures.csv").read_bytes().decode()
    assert f"'{text}" in written


def test_other_texts_and_ids_stay_as_they_are(tmp_path: Path) -> None:
    OutputFolder(tmp_path).failures().add("Case", [("-500", "CODE", "in use by 'x'")])
    assert (tmp_path / "failures.csv").read_text().splitlines()[1] == "Case,-500,CODE,in use by 'x'"
