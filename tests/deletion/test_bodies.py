"""Bodies of attachments that go along with permission are in the backup, as far as they may be."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.salesforce.rest import Rest
from tests.support.page import Page
from tests.support.shapes import INVOICES, cleanup, ids, of, rows, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

ALLOWED = {"allow_cascade_to": ["Attachment", "Note"]}
SMALL, LARGE = b"%PDF-1.7 \x00\xff" * 3, b"x" * 1_000_001
pytestmark = pytest.mark.rows_may_go("Attachment", "Note")


def attach(server: EmulatorServer, *bodies: bytes) -> list[str]:
    """Attachments on invoices; their ids."""
    parents = sorted(ids(server, INVOICES))
    given = [
        {"ParentId": parents[at % len(parents)], "Name": f"file {at}.pdf",
         "Body": base64.b64encode(body).decode()}
        for at, body in enumerate(bodies)
    ]  # fmt: skip
    results = server.org.dml("insert", "Attachment", given)
    assert not [each.error for each in results if each.error], results
    return [str(each.id) for each in results]


def bodies(ran: Ran) -> dict[str, bytes]:
    folder = ran.folder / "backup" / "bodies" / "Attachment"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def calls_for_bodies(server: EmulatorServer) -> int:
    asked = server.service.stats.requests(10_000)
    return sum(str(each["path"]).endswith("/Body") for each in asked)


def test_each_is_a_file_as_it_was_and_a_notes_body_is_in_its_row(tmp_path: Path) -> None:
    shape = {"rows": [rows("Note", ParentId=of(INVOICES), Title="hm", Body="so, it\nis")]}
    with shaped(shape) as server:
        first, second, empty = attach(server, SMALL, b"second" * 30_000, b"")
        ran = cleanup(server, tmp_path, **ALLOWED)
        assert (ran.status, ids(server, "Attachment")) == (0, set()), ran.message
    assert bodies(ran) == {first: SMALL, second: b"second" * 30_000, empty: b""}
    assert {path.stat().st_mode & 0o777 for path in (ran.folder / "backup").rglob("0*")} == {0o600}
    assert {row["Id"]: row["Name"] for row in ran.backup("Attachment")}[first] == "file 0.pdf"
    assert [row["Body"] for row in ran.backup("Note")] == ["so, it\nis"]
    assert ran.report["bodies"] == {"written": 3, "left_out": 0, "first": []}


def test_one_that_is_too_large_is_told_by_name_and_size(tmp_path: Path) -> None:
    with shaped({}) as server:
        small, large = attach(server, SMALL, LARGE)
        ran = cleanup(server, tmp_path, backup_bodies_mb=1, **ALLOWED)
        assert ran.status == 0, ran.message
    assert set(bodies(ran)) == {small}
    assert ran.report["bodies"] == {
        "written": 1, "left_out": 1, "first": [{"name": "file 1.pdf", "bytes": 1_000_001}],
    }  # fmt: skip
    (row,) = ran.file("backup/bodies_left_out.csv")
    assert row == {"object": "Attachment", "id": large, "name": "file 1.pdf", "bytes": "1000001"}
    assert "1 body is larger than backup_bodies_mb and not in the backup: file 1.pdf" in ran.summary
    assert "1,000,001 bytes" in ran.summary
    page = Page((ran.folder / "report.html").read_text(encoding="utf-8"))
    assert "file 1.pdf (1,000,001 bytes)" in page.said("along")


@pytest.mark.parametrize("settings", [{"backup_bodies_mb": 0}, {"backup": "none"}])
def test_none_is_asked_for_where_none_is_wanted(tmp_path: Path, settings: dict[str, Any]) -> None:
    with shaped({}) as server:
        attach(server, SMALL)
        ran = cleanup(server, tmp_path, **ALLOWED, **settings)
        assert (ran.status, calls_for_bodies(server)) == (0, 0)
    assert bodies(ran) == {}


def test_the_plan_says_what_becomes_of_them_and_counts_their_calls(tmp_path: Path) -> None:
    def calls(ran: Ran) -> int:
        needs = {each["name"]: each["needed"] for each in ran.report["allowances_needed"]}
        return int(needs["DailyApiRequests"])

    with shaped({}) as server:
        attach(server, *[SMALL] * 7)
        with_them = cleanup(server, tmp_path, mode="plan", **ALLOWED)
        without = cleanup(server, tmp_path, mode="plan", **ALLOWED, backup_bodies_mb=0)
    assert calls(with_them) - calls(without) == 7
    for ran, words in ((with_them, "bodies up to 25 MB each"), (without, "but for their bodies")):
        told = " ".join(each["remedy"] for each in ran.report["findings"])
        assert f"They are backed up, {words}." in told


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 403, "code": "API_DISABLED_FOR_ORG"}, "API_DISABLED_FOR_ORG"),
        ({"status": 404, "code": "NOT_FOUND"}, "NOT_FOUND"),
        ({"cut": "before"}, "no connection"),
    ],
)
def test_what_salesforce_does_not_give_ends_the_step_before_anything_of_it_goes(
    tmp_path: Path, fault: dict[str, Any], words: str
) -> None:
    with shaped({}) as server:
        attached = set(attach(server, SMALL, SMALL))
        before = ids(server, INVOICES)
        server.set_faults({"requests": [{"method": "GET", "path": "*/Body", **fault}]})
        ran = cleanup(server, tmp_path, **ALLOWED)
        assert (ran.status, ids(server, INVOICES)) == (4, before)
        assert ids(server, "Attachment") == attached
    assert words in str(ran.object(INVOICES)["error"])


def test_a_body_that_is_cut_off_is_asked_for_again(tmp_path: Path) -> None:
    with shaped({}) as server:
        (only,) = attach(server, b"y" * 500_000)
        cut = {"method": "GET", "path": "*/Body", "cut": "after", "times": 1}
        server.set_faults({"requests": [cut]})
        ran = cleanup(server, tmp_path, **ALLOWED)
        assert ran.status == 0, ran.message
    assert bodies(ran) == {only: b"y" * 500_000}


def test_one_that_is_shorter_than_it_should_be_is_no_backup(tmp_path: Path) -> None:
    with shaped({}) as server:
        (only,) = attach(server, SMALL)
        with server.org.lock, server.org.store.transaction():
            server.org.store.run('UPDATE "Attachment" SET BodyLength = BodyLength + 1')
        before = ids(server, INVOICES)
        ran = cleanup(server, tmp_path, **ALLOWED)
        assert (ran.status, ids(server, INVOICES), ids(server, "Attachment")) == (4, before, {only})
    assert set(bodies(ran)) == {f"{only}.part"}
    assert "came with 33 bytes, and Salesforce says that it has 34" in ran.summary.replace(
        "\n", " "
    )


def test_one_whose_row_people_delete_meanwhile_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Rest.body

    def body(self: Rest, name: str, row_id: str, take: Any) -> Any:
        if row_id == gone:
            server.org.dml("delete", name, [{"Id": row_id}])
        return real(self, name, row_id, take)

    monkeypatch.setattr(Rest, "body", body)
    with shaped({}) as server:
        gone, left = attach(server, SMALL, SMALL)
        ran = cleanup(server, tmp_path, **ALLOWED)
        assert ran.status == 0, ran.message
    assert set(bodies(ran)) == {left}
    assert ran.report["bodies"]["written"] == 1
