"""Snapshots of links as files: what is read, and what is refused in a sentence."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.relink.snapshot import Kind, Snapshot, blanked, snapshots_in

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.relink.snapshot import Link

HEADER = "record_id,field,parent_object,parent_external_id,external_id_field\n"
ROW = "a0A5g0000000001EAA,Sub__c,Zuora__Subscription__c,abc,Key__c\n"
OLD_HEADER = "record_id,field,parent_object,parent_external_id\n"
OLD_ROW = "a0A5g0000000001EAA,Sub__c,Zuora__Subscription__c,abc\n"
RELATIONSHIP = blanked("Contract", "Sub__c", "Zuora__Subscription__c")
ORG = "00D5g0000000001EAA"


def cleanup(parent: Path, name: str = "20260101T000000Z-cleanup", text: str = HEADER + ROW) -> Path:
    folder = parent / name
    (folder / "links").mkdir(parents=True)
    with gzip.open(folder / "links" / "Contract.Sub__c.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    return folder


def links_of(snapshot: Snapshot) -> dict[Kind, list[Link]]:
    return dict(snapshot.blocks())


def rows(*values: tuple[int, str, str]) -> str:
    """Lines of numbered records, with the parents' external ids and their fields."""
    line = "a0A5g000000000{}EAA,Sub__c,Zuora__Subscription__c,{},{}\n"
    return "".join(line.format(*each) for each in values)


def test_links_are_read_by_their_lookup(tmp_path: Path) -> None:
    other = 'a0A5g0000000002EAA,Sub__c,Zuora__Payment__c,"a,b",Key__c\n'
    snapshot = Snapshot.read(cleanup(tmp_path, text=HEADER + ROW + other))
    assert links_of(snapshot) == {
        (RELATIONSHIP, "Key__c"): [("a0A5g0000000001EAA", "abc")],
        (blanked("Contract", "Sub__c", "Zuora__Payment__c"), "Key__c"): [
            ("a0A5g0000000002EAA", "a,b")
        ],
    }
    assert (snapshot.org_id, snapshot.keys, snapshot.is_done) == ("", {}, False)


def test_the_manifest_tells_the_org_and_the_external_ids_field(tmp_path: Path) -> None:
    folder = cleanup(tmp_path)
    prefer(folder, None)
    snapshot = Snapshot.read(folder / "links")
    assert (snapshot.folder, snapshot.org_id, snapshot.keys) == (folder, ORG, {RELATIONSHIP: ""})


def test_each_row_tells_the_field_of_its_own_external_id_whatever_the_manifest_prefers(
    tmp_path: Path,
) -> None:
    text = HEADER + rows((1, "a", "Ext__c"), (2, "b", "Id__c"), (3, "c", "Ext__c"), (4, "d", ""))
    folder = cleanup(tmp_path, text=text)
    prefer(folder, "Ext__c")
    assert links_of(Snapshot.read(folder)) == {
        (RELATIONSHIP, "Ext__c"): [("a0A5g0000000001EAA", "a"), ("a0A5g0000000003EAA", "c")],
        (RELATIONSHIP, "Id__c"): [("a0A5g0000000002EAA", "b")],
        (RELATIONSHIP, ""): [("a0A5g0000000004EAA", "d")],
    }


@pytest.mark.parametrize("preferred", ["Ext__c", None])
def test_rows_that_do_not_tell_have_the_field_that_the_manifest_names(
    tmp_path: Path, preferred: str | None
) -> None:
    folder = cleanup(tmp_path, text=OLD_HEADER + OLD_ROW)
    assert links_of(Snapshot.read(folder)) == {
        (RELATIONSHIP, None): [("a0A5g0000000001EAA", "abc")]
    }
    prefer(folder, preferred)
    assert links_of(Snapshot.read(folder)) == {
        (RELATIONSHIP, preferred or ""): [("a0A5g0000000001EAA", "abc")]
    }


def prefer(folder: Path, key: str | None) -> None:
    link = {"object": "Contract", "field": "Sub__c", "parent": "Zuora__Subscription__c"}
    manifest = {"org_id": ORG, "links": [{**link, "external_id_field": key}]}
    (folder / "links" / "manifest.json").write_text(json.dumps(manifest))


def test_what_a_file_says_last_of_a_record_counts(tmp_path: Path) -> None:
    text = HEADER + rows((1, "a", "Ext__c"), (2, "b", "Id__c"), (1, "c", "Id__c"))
    assert links_of(Snapshot.read(cleanup(tmp_path, text=text))) == {
        (RELATIONSHIP, "Id__c"): [("a0A5g0000000001EAA", "c"), ("a0A5g0000000002EAA", "b")]
    }


def test_the_report_tells_the_org_where_an_older_version_wrote_the_links(tmp_path: Path) -> None:
    folder = cleanup(tmp_path)
    (folder / "report.json").write_text(json.dumps({"org": {"id": ORG}}))
    assert Snapshot.read(folder).org_id == ORG


def test_snapshots_are_sorted_by_the_time_of_their_cleanups(tmp_path: Path) -> None:
    times = ("20260101T000000Z-cleanup-2", "20260101T000000Z-cleanup-10",
             "20260102T000000Z-cleanup", "20260101T000000Z-cleanup")  # fmt: skip
    for name in (*times, "mine"):
        cleanup(tmp_path, name)
    (tmp_path / "20260103T000000Z-plan").mkdir()
    found = [each.folder.name for each in snapshots_in(str(tmp_path))]
    assert found == [times[2], times[1], times[0], times[3]]
    assert snapshots_in(str(tmp_path / "missing")) == []


def test_a_mark_tells_that_nothing_is_left_to_do(tmp_path: Path) -> None:
    folder = cleanup(tmp_path)
    Snapshot.read(folder).mark_done({"report": "x"})
    assert Snapshot.read(folder).is_done


def test_a_file_without_a_line_has_no_links(tmp_path: Path) -> None:
    assert links_of(Snapshot.read(cleanup(tmp_path, text=""))) == {}


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n",
        HEADER + "short,Sub__c,Zuora__Subscription__c,abc\n",
        HEADER + ROW.replace("Sub__c", "Other__c"),
        HEADER + ROW.replace("Zuora__Subscription__c", "Sub' OR Id"),
        HEADER + ROW.replace(",abc", ""),
        HEADER + ROW.replace(",Key__c", ""),
        HEADER + ROW.replace("Key__c", "Key' OR Id"),
        OLD_HEADER + ROW,
        HEADER + OLD_ROW,
        HEADER.replace("_field", "_name") + ROW,
        HEADER + ROW.replace("abc", '"abc'),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    snapshot = Snapshot.read(cleanup(tmp_path, text=text))
    with pytest.raises(InputError, match=r"Contract\.Sub__c\.csv\.gz' can't be read"):
        list(snapshot.blocks())


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    folder = cleanup(tmp_path)
    path = folder / "links" / "Contract.Sub__c.csv.gz"
    path.write_bytes(b"no gzip at all")
    with pytest.raises(InputError, match="can't be read"):
        list(Snapshot.read(folder).blocks())


@pytest.mark.parametrize("text", ["{", '{"links": [1]}', '{"links": [{}]}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str) -> None:
    folder = cleanup(tmp_path)
    (folder / "links" / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json' can't be read"):
        Snapshot.read(folder)


@pytest.mark.parametrize("left", [1, 2, 7, 10, 30])
def test_half_a_line_at_the_end_is_left_out(tmp_path: Path, left: int) -> None:
    """The cleanup was killed while it wrote; half an external id or key could be another's."""
    text = HEADER + rows((1, "abc", "Key__c"), (2, "abc", "Key__c"), (3, "abc", "Key__c"))
    ((_, links),) = Snapshot.read(cleanup(tmp_path, text=text[:-left])).blocks()
    assert links == [("a0A5g0000000001EAA", "abc"), ("a0A5g0000000002EAA", "abc")]


def test_half_a_line_of_an_older_file_is_left_out(tmp_path: Path) -> None:
    folder = cleanup(tmp_path, text=OLD_HEADER + OLD_ROW + OLD_ROW.replace("1E", "2E")[:-2])
    ((_, links),) = Snapshot.read(folder).blocks()
    assert links == [("a0A5g0000000001EAA", "abc")]


@pytest.mark.parametrize(
    ("report", "is_whole"),
    [('{"status": "done"}', True), ('{"status": "partial"}', False), ("{", False), (None, False)],
)
def test_a_cleanup_is_whole_where_its_report_says_so(
    tmp_path: Path, report: str | None, *, is_whole: bool
) -> None:
    folder = cleanup(tmp_path)
    prefer(folder, None)
    if report is not None:
        (folder / "report.json").write_text(report)
    assert Snapshot.read(folder).is_whole is is_whole
