"""Follows, topics and links of files are made again on the record with the same Zuora id, once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.salesforce.rest import Rest
from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import login
from tests.support.shapes import (
    INVOICES,
    ITEMS,
    TAXES,
    before_look,
    cleanup,
    ids,
    of,
    rows,
    shaped,
)
from tests.support.whole_org import table

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

FOLLOWS, TOPICS, FILES = "EntitySubscription", "TopicAssignment", "ContentDocumentLink"
KEY = "Zuora__External_Id__c"
COLUMNS = {
    FOLLOWS: ("ParentId", "SubscriberId"),
    TOPICS: ("EntityId", "TopicId"),
    FILES: ("LinkedEntityId", "ContentDocumentId", "ShareType", "Visibility"),
}
USER = {"object": "User", "name": "user", "values": {
    "Username": "a@b.example", "Email": "a@b.example", "LastName": "A", "IsActive": True,
}}  # fmt: skip
JOINED = {
    "rows": [
        {**rows("Topic", 2, Name="topic {n}"), "name": "topics"},
        {**rows("ContentDocument", 2, Title="file {n}"), "name": "files"},
        USER,
        rows(FOLLOWS, ParentId=of(INVOICES), SubscriberId=of("User")),
        rows(FOLLOWS, ParentId=of(INVOICES), SubscriberId={"row": "user"}),
        rows(FOLLOWS, ParentId=of(ITEMS, 2), SubscriberId={"row": "user"}),
        rows(TOPICS, EntityId=of(INVOICES, 3), TopicId={"row": "topics", "at": 1}),
        rows(TOPICS, EntityId=of(INVOICES, 3), TopicId={"row": "topics", "at": 2}),
        rows(FILES, LinkedEntityId=of(INVOICES, 2), ContentDocumentId={"row": "files", "at": 1},
             ShareType="V", Visibility="AllUsers"),
        rows(FILES, LinkedEntityId=of(ITEMS, 2), ContentDocumentId={"row": "files", "at": 2},
             ShareType="I", Visibility="InternalUsers"),
    ]
}  # fmt: skip
COUNTS = {FOLLOWS: 3, TOPICS: 2, FILES: 2}
pytestmark = pytest.mark.rows_may_go(*COLUMNS)


def joined(server: EmulatorServer) -> list[tuple[Any, ...]]:
    """What each row says, with the Zuora id of its record."""
    keys = {
        str(row["Id"]): row[KEY] for name in (INVOICES, ITEMS) for row in server.org.all_rows(name)
    }
    return sorted(
        (name, keys.get(str(row[columns[0]])), *(str(row[each]) for each in columns[1:]))
        for name, columns in COLUMNS.items()
        for row in server.org.all_rows(name)
    )


def outcome(ran: Ran, name: str) -> dict[str, int]:
    """The numbers of an object, over all that its rows lead to."""
    entries = [each for each in ran.report["links"] if each["object"] == name]
    numbers = [key for key, value in entries[0].items() if isinstance(value, int)]
    return {key: sum(each[key] for each in entries) for key in numbers}


def test_each_is_there_again_once_with_the_same_content(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
        assert joined(server) == []
        zuora.sync(server.org)
        looked = relink(login(server), tmp_path, dry_run=True)
        assert joined(server) == []
        made = relink(login(server), tmp_path)
        assert joined(server) == before, made.summary
        again = relink(login(server), tmp_path)
        assert joined(server) == before
    assert (looked.status, made.status, again.status) == (0, 0, 0)
    for name, count in COUNTS.items():
        assert outcome(looked, name)["to_restore"] == count
        assert outcome(made, name)["restored"] == count
    told = {each["code"]: each for each in ran.report["findings"]}["rows-made-again"]
    assert told["severity"] == "tells"
    assert "Gone with their records: 7 follows, topics and links of files" in told["message"]


@pytest.mark.parametrize("at_once", [1_000, 2])
def test_a_user_without_view_all_data_asks_for_few_at_once_and_they_are_made_again_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("target_zuora360_cleanup.salesforce.limited.AT_ONCE", at_once)
    with shaped(JOINED, modify_all=False) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        ran = cleanup(server, tmp_path, allow_hidden_rows=True)
        assert (ran.status, joined(server)) == (0, []), ran.message
        zuora.sync(server.org)
        made = relink(login(server), tmp_path)
        assert joined(server) == before, made.summary
    gone = Counter[str]()
    for each in ran.report["taken_along"]:
        gone[each["object"]] += each["gone"]
    assert gone == COUNTS


def test_what_is_written_names_the_record_by_its_key(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        keys = {str(row["Id"]): row[KEY] for row in server.org.all_rows(INVOICES)}
        (file,) = (row for row in server.org.all_rows(FILES) if str(row["LinkedEntityId"]) in keys)
        ran = cleanup(server, tmp_path)
    written = list(table(ran.folder / "junctions" / f"{FILES}.csv.gz"))
    (row,) = (each for each in written if each["parent_object"] == INVOICES)
    assert row == {
        "record_id": file["Id"], "parent_object": INVOICES,
        "parent_external_id": keys[str(file["LinkedEntityId"])], "external_id_field": KEY,
        "ContentDocumentId": file["ContentDocumentId"], "ShareType": "V", "Visibility": "AllUsers",
    }  # fmt: skip


def test_links_of_files_that_the_user_may_not_see_are_told_of_before_they_go(
    tmp_path: Path,
) -> None:
    hidden = {"hidden": {"rows": [{"object": FILES, "every": 1}]}}
    with shaped({**JOINED, **hidden, "permissions": {"query_all_files": False}}) as server:
        ran = cleanup(server, tmp_path)
        assert (ran.status, list(server.org.all_rows(FILES))) == (0, [])
    told = {each["code"]: each for each in ran.report["findings"]}["files-may-be-hidden"]
    assert told["severity"] == "warns"
    assert "links of files on these records that it could not see went with them" in told["message"]
    assert not (ran.folder / "junctions" / f"{FILES}.csv.gz").exists()


@pytest.mark.parametrize("links", ["snapshot", "ignore"])
def test_those_that_can_not_be_counted_any_more_are_not_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: str
) -> None:
    refused = {"soql": f"*FROM {FOLLOWS}*", "code": "QUERY_TOO_COMPLICATED", "status": 400}
    with shaped(JOINED) as server:
        before_look(monkeypatch, TAXES, lambda: server.set_faults({"queries": [refused]}))
        ran = cleanup(server, tmp_path, lookup_links=links, allow_cascade_to=[FILES])
        left = len(ids(server, FOLLOWS))
    if links == "snapshot":
        assert (ran.status, left) == (4, COUNTS[FOLLOWS])
        assert "follows, topics and files go with it could not be written down" in ran.message
    else:
        assert (ran.status, left) == (0, 0)


@pytest.mark.parametrize(
    ("name", "other", "more"),
    [
        (FOLLOWS, "User", {}),
        (TOPICS, "Topic", {}),
        (FILES, "ContentDocument", {"ShareType": "V", "Visibility": "AllUsers"}),
    ],
)
def test_those_that_come_just_before_the_step_are_written_too_although_there_were_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, other: str, more: dict[str, str]
) -> None:
    shape = {"rows": [rows("Topic", Name="topic"), rows("ContentDocument", Title="file")]}
    with shaped(shape) as server:
        column, joined_to, *_ = COLUMNS[name]
        (to,) = list(ids(server, other))[:1]
        invoice = min(ids(server, INVOICES))
        key = {str(row["Id"]): row[KEY] for row in server.org.all_rows(INVOICES)}[invoice]

        def join() -> None:
            given = {column: invoice, joined_to: to, **more}
            (result,) = server.org.dml("insert", name, [given])
            assert result.error is None

        before_look(monkeypatch, INVOICES, join)
        ran = cleanup(server, tmp_path)
        assert (ran.status, list(server.org.all_rows(name))) == (0, []), ran.message
    (row,) = table(ran.folder / "junctions" / f"{name}.csv.gz")
    assert (row["parent_external_id"], row[joined_to]) == (key, to)
    (along,) = (each for each in ran.report["taken_along"] if each["object"] == name)
    assert (along["planned"], along["gone"]) == (0, 1)


def test_those_that_people_have_made_meanwhile_are_left_alone(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        follow = next(row for row in server.org.all_rows(FOLLOWS))
        key = next(
            row[KEY] for row in server.org.all_rows(INVOICES) if row["Id"] == follow["ParentId"]
        )
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        back = next(str(row["Id"]) for row in server.org.all_rows(INVOICES) if row[KEY] == key)
        given = {"ParentId": back, "SubscriberId": follow["SubscriberId"]}
        (result,) = server.org.dml("insert", FOLLOWS, [given])
        assert result.error is None
        ran = relink(login(server), tmp_path)
        assert (ran.status, joined(server)) == (0, before)
        assert result.id in ids(server, FOLLOWS)


def test_what_they_were_joined_to_may_be_gone_and_is_told_row_by_row(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        zuora = Zuora.of(server.org)
        (user,) = ids(server, "User", "WHERE LastName = 'A'")
        file = min(ids(server, "ContentDocument"))
        link = next(row["Id"] for row in server.org.all_rows(FILES)
                    if row["ContentDocumentId"] == file)  # fmt: skip
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        server.org.dml("delete", "ContentDocument", [{"Id": file}])
        server.org.dml("update", "User", [{"Id": user, "IsActive": False}])
        ran = relink(login(server), tmp_path)
        assert len(ids(server, FOLLOWS)) == 1
        # (the watch over people's rows sees what they have changed themselves)
        server.org.undelete([file])
        server.org.dml("update", "User", [{"Id": user, "IsActive": True}])
    assert ran.status == 0, ran.message
    assert outcome(ran, FOLLOWS)["record_gone"] == 2
    assert (outcome(ran, FILES)["record_gone"], outcome(ran, FILES)["restored"]) == (1, 1)
    told = {row["id"]: row for row in ran.file("relink.csv")}
    assert len(told) == 3
    assert "ENTITY_IS_DELETED" in told[str(link)]["detail"]
    assert sum("INACTIVE_OWNER_OR_USER" in row["detail"] for row in told.values()) == 2


def test_those_of_a_record_that_is_not_back_wait_for_it(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        items = ids(server, ITEMS) | ids(server, TAXES)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org, leave_out=items)
        first = relink(login(server), tmp_path)
        assert first.status == 4
        assert outcome(first, FOLLOWS)["parent_not_back"] == 1
        zuora.sync(server.org)
        assert relink(login(server), tmp_path).status == 0
        assert joined(server) == before


@pytest.mark.parametrize("lost", [False, True])
def test_an_answer_that_is_lost_doubles_nothing(tmp_path: Path, *, lost: bool) -> None:
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        cut = {"method": "POST", "path": "*/composite/sobjects", "times": 2,
               "cut": "after" if lost else "before"}  # fmt: skip
        server.set_faults({"requests": [cut]})
        ran = relink(login(server), tmp_path)
        assert (ran.status, joined(server)) == (0, before)


def test_a_lock_is_tried_again_and_a_refusal_is_told(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        server.set_faults({"rows": [
            {"object": FILES, "operation": "insert", "times": 1, "code": "UNABLE_TO_LOCK_ROW",
             "message": "locked"},
            {"object": TOPICS, "operation": "insert", "code": "INSUFFICIENT_ACCESS_OR_READONLY",
             "message": "no topics"},
        ]})  # fmt: skip
        ran = relink(login(server), tmp_path)
    assert ran.status == 4
    assert outcome(ran, FILES)["restored"] == 2
    assert outcome(ran, TOPICS)["failed"] == 2
    assert "no topics" in ran.summary


def test_a_rowless_right_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Rest.describe_all

    def without_create(self: Rest, names: Any) -> dict[str, dict[str, Any]]:
        found = real(self, names)
        return {
            name: {**each, "createable": each["createable"] and name != TOPICS}
            for name, each in found.items()
        }

    with shaped(JOINED) as server:
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        monkeypatch.setattr(Rest, "describe_all", without_create)
        ran = relink(login(server), tmp_path)
    assert (ran.status, outcome(ran, TOPICS)["failed"]) == (4, 2)
    assert f"the user may not make rows of {TOPICS}" in ran.summary


@pytest.mark.parametrize("lookup_links", ["ignore", "refuse"])
def test_without_a_snapshot_files_refuse_the_cleanup(tmp_path: Path, lookup_links: str) -> None:
    with shaped(JOINED) as server:
        before = joined(server)
        ran = cleanup(server, tmp_path, lookup_links=lookup_links)
        assert (ran.status, joined(server)) == (3, before)
    assert not (ran.folder / "junctions").exists()


def test_files_on_records_without_a_key_refuse_it_too(tmp_path: Path) -> None:
    keyless = {"object": INVOICES, "at": 5, "values": {KEY: None}}
    with shaped({**JOINED, "changes": [keyless]}) as server:
        before = joined(server)
        ran = cleanup(server, tmp_path)
        assert ran.status == 3
        assert joined(server) == before
    assert FILES in ran.message


def test_files_that_may_go_are_backed_up_and_made_again_all_the_same(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        ran = cleanup(server, tmp_path, allow_cascade_to=[FILES])
        assert (ran.status, len(ran.backup(FILES))) == (0, 2)
        zuora.sync(server.org)
        assert relink(login(server), tmp_path).status == 0
        assert joined(server) == before


def test_a_question_that_is_refused_ends_the_run_before_the_step(tmp_path: Path) -> None:
    with shaped(JOINED) as server:
        before = joined(server)
        rule = {"soql": f"*Id,*SubscriberId*FROM {FOLLOWS}*", "code": "INVALID_FIELD"}
        server.set_faults({"queries": [rule]})
        ran = cleanup(server, tmp_path)
        assert ran.status == 4
        assert joined(server) == before
    assert "follows, topics and files go with it could not be written down" in ran.message


def test_one_relink_makes_again_what_a_cleanup_and_those_that_it_went_on_with_have_written(
    tmp_path: Path,
) -> None:
    refusal = {"object": INVOICES, "operation": "delete", "code": "DELETE_FAILED", "message": "no"}
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        server.set_faults({"rows": [refusal]})
        first = cleanup(server, tmp_path)
        server.set_faults({})
        second = cleanup(server, tmp_path)
        assert (first.status, second.status, joined(server)) == (4, 0, [])
        zuora.sync(server.org)
        ran = relink(login(server), tmp_path)
        assert (ran.status, joined(server)) == (0, before)
        assert ran.report["snapshots"] == [str(second.folder), str(first.folder)]
        assert relink(login(server), tmp_path).report["links"] == []


def test_of_these_one_of_which_nothing_is_left_is_not_taken_again(tmp_path: Path) -> None:
    refusal = {"object": INVOICES, "operation": "delete", "code": "DELETE_FAILED", "message": "no"}
    with shaped(JOINED) as server:
        before, zuora = joined(server), Zuora.of(server.org)
        items = ids(server, ITEMS) | ids(server, TAXES)
        server.set_faults({"rows": [refusal]})
        first = cleanup(server, tmp_path)
        server.set_faults({})
        second = cleanup(server, tmp_path)
        zuora.sync(server.org, leave_out=items)
        both = relink(login(server), tmp_path)
        assert (both.status, len(both.report["snapshots"])) == (4, 2)
        zuora.sync(server.org)
        rest = relink(login(server), tmp_path)
        assert (rest.status, rest.report["snapshot"]) == (0, str(first.folder))
        assert joined(server) == before
    assert (second.folder / "links" / "relinked.json").exists()
