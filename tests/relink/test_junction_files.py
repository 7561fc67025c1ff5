"""Files of follows, topics and files: what is read, and what is refused in a sentence."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.reach.junctions import JUNCTIONS
from target_zuora360_cleanup.relink.junction_files import JunctionRow, junction_files
from target_zuora360_cleanup.relink.snapshot import Snapshot, snapshots_in

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "record_id,parent_object,parent_external_id,external_id_field,SubscriberId\n"
ROW = "0E85g0000000001EAA,Zuora__ZInvoice__c,abc,Key__c,0055g0000000001EAA\n"
ORG = "00D5g0000000001EAA"


def cleanup(folder: Path, text: str, name: str = "EntitySubscription") -> Path:
    (folder / "junctions").mkdir(parents=True)
    (folder / "junctions" / "manifest.json").write_text(f'{{"org_id": "{ORG}"}}')
    with gzip.open(folder / "junctions" / f"{name}.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    return folder


def test_rows_are_read_with_what_they_were_joined_to(tmp_path: Path) -> None:
    keyless = ROW.replace("abc,Key__c", "a065g0000000001EAA,")
    (file,) = junction_files(cleanup(tmp_path, HEADER + ROW + keyless))
    assert (file.junction, file.fields) == (JUNCTIONS["EntitySubscription"], ("SubscriberId",))
    user = ("0055g0000000001EAA",)
    assert list(file.rows()) == [
        JunctionRow("0E85g0000000001EAA", "Zuora__ZInvoice__c", "abc", "Key__c", user),
        JunctionRow("0E85g0000000001EAA", "Zuora__ZInvoice__c", "a065g0000000001EAA", "", user),
    ]


def test_a_folder_with_nothing_else_is_a_snapshot_of_its_org(tmp_path: Path) -> None:
    cleanup(tmp_path / "20260101T000000Z-cleanup", HEADER + ROW)
    (found,) = snapshots_in(str(tmp_path))
    assert (found.org_id, len(found.junctions)) == (ORG, 1)


@pytest.mark.parametrize("text", ["", HEADER])
def test_a_file_without_a_line_has_no_rows(tmp_path: Path, text: str) -> None:
    (file,) = junction_files(cleanup(tmp_path, text))
    assert list(file.rows()) == []


@pytest.mark.parametrize("left", [1, 5, 30])
def test_half_a_line_at_the_end_is_left_out(tmp_path: Path, left: int) -> None:
    (file,) = junction_files(cleanup(tmp_path, (HEADER + ROW + ROW)[:-left]))
    assert len(list(file.rows())) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n",
        HEADER.replace("SubscriberId", "Password"),
        HEADER + ROW.replace("0E85g0000000001EAA", "short"),
        HEADER + ROW.replace("Zuora__ZInvoice__c", "A' OR Id"),
        HEADER + ROW.replace("Key__c", "Key' OR"),
        HEADER + ROW.replace(",abc", ""),
        HEADER + ROW.replace("abc", '"abc'),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"EntitySubscription\.csv\.gz' can't be read"):
        [list(file.rows()) for file in junction_files(cleanup(tmp_path, text))]


def test_a_file_of_another_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is of no object whose rows can be made again"):
        Snapshot.read(cleanup(tmp_path, HEADER + ROW, "Task"))
