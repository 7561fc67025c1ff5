"""Removals over HTTP, in orgs where people's rows hang on Zuora's in all kinds of ways."""

from __future__ import annotations

import csv
import errno
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.output.folder import Backup
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rest import Rest
from tests.support.emulated import Emulated
from tests.support.syncs import (
    ACCOUNT,
    KEY,
    METHOD,
    SUBSCRIPTION,
    keys,
    record,
    rows,
    schema,
    state,
    sync,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

PLAN, NEW = "Zuora__SubscriptionRatePlan__c", "Zuora__New__c"
VISIT, PHOTO = "Visit__c", "Photo__c"
FIRST = {"object": SUBSCRIPTION, "at": 1}


def served(**shape: Any) -> Emulated:
    return Emulated(OrgOptions(records=300, sandbox=True, shape=json.dumps(shape)))


def hung(name: str, parent: str, **more: Any) -> dict[str, Any]:
    """An object whose rows go along with another's."""
    by = {"name": "Of__c", "type": "reference", "to": [parent], "on_delete": "cascade", **more}
    return {"name": name, "fields": [by]}


def on(name: str, at: dict[str, Any], field: str = "Of__c", **values: Any) -> dict[str, Any]:
    """A row that hangs on another."""
    return {"object": name, "values": {field: at, **values}}


def removed(server: EmulatorServer, output: Path, stream: str, key: str, **config: Any) -> Ran:
    """Sync a deletion in Zuora."""
    gone = record(stream, key, Deleted=True)
    fields = schema(stream, "Deleted Status CrmId Name AccountId")
    return sync(server, output, [fields, gone, state(done=1)], **config)


def cancelled(server: EmulatorServer, output: Path, at: int = 0, **config: Any) -> Ran:
    """Sync that a subscription is gone, with all versions of it."""
    return removed(server, output, "Subscription", subscription(server, at), **config)


def subscription(server: EmulatorServer, at: int = 0) -> str:
    found = rows(server.org, f"SELECT {KEY} FROM {SUBSCRIPTION} ORDER BY Id")
    return str(found[at][KEY])


def assert_held(ran: Ran, by: str, would: str = "would") -> None:
    """Nothing went, and it is told why."""
    assert (ran.status, ran.states) == (4, [])
    (failure,) = ran.report["failures"]
    assert failure["code"] == "WOULD_TAKE_ROWS_ALONG"
    assert failure["message"].startswith(f"rows of {by} {would} be deleted with it")
    assert f"name {by} in allow_cascade_to" in failure["message"]


CONTENTS = [
    on("Task", FIRST, "WhatId", Subject="Call"),
    on("Event", FIRST, "WhatId", Subject="Visit"),
    on("Attachment", FIRST, "ParentId", Name="Contract.pdf"),
    on("Note", FIRST, "ParentId", Title="Agreed"),
    on("FeedItem", FIRST, "ParentId", Type="TextPost", Body="Look"),
]


@pytest.mark.parametrize("row", CONTENTS, ids=lambda row: str(row["object"]))
def test_what_people_have_put_on_a_cancelled_subscription_holds_its_removal(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    with served(rows=[row]) as server:
        key = subscription(server)
        assert_held(cancelled(server, tmp_path), row["object"])
        assert keys(server.org, SUBSCRIPTION, key) == {key}
        assert cancelled(server, tmp_path, 1).status == 0


@pytest.mark.rows_may_go("Task")
def test_a_task_may_go_where_it_is_named(tmp_path: Path) -> None:
    with served(rows=CONTENTS[:1]) as server:
        ran = cancelled(server, tmp_path, allow_cascade_to=["Task"])
        assert (ran.status, ran.object(SUBSCRIPTION)["deleted"]) == (0, 1)
        assert rows(server.org, "SELECT Id FROM Task") == []


@pytest.mark.rows_may_go("Task")
@pytest.mark.parametrize("scope", ["none", "ids", "full"])
def test_what_goes_is_written_down_before_and_counted_as_in_a_cleanup(
    tmp_path: Path, scope: str
) -> None:
    with served(rows=CONTENTS[:1]) as server:
        key = subscription(server)
        (gone,) = rows(server.org, f"SELECT Id, Name FROM {SUBSCRIPTION} WHERE {KEY} = '{key}'")
        where = f"Zuora__Subscription__r.{KEY} = '{key}'"
        plans = rows(server.org, f"SELECT Id, {KEY} FROM {PLAN} WHERE {where}")
        ran = cancelled(server, tmp_path, allow_cascade_to=["Task"], backup=scope)
        along = ran.object(SUBSCRIPTION)["taken_along"]
        assert (along["Task"], along[PLAN]) == (1, len(plans))
        assert "1 row of Task went with those deleted" in ran.summary
    backup = ran.folder / "backup"
    if scope == "none":
        assert not backup.exists()
        return
    (written,) = backed_up(backup, SUBSCRIPTION)
    assert (written["Id"], written[KEY]) == (gone["Id"], key)
    assert written.get("Name") == (gone["Name"] if scope == "full" else None)
    assert {(each["Id"], each[KEY]) for each in backed_up(backup, PLAN)} == {
        (each["Id"], each[KEY]) for each in plans
    }
    (task,) = backed_up(backup, "Task")
    assert task["Subject"] == "Call"


def backed_up(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_disk_that_takes_no_backup_keeps_the_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Backup, "write", full)
    with served() as server:
        key = subscription(server)
        ran = cancelled(server, tmp_path)
        assert (ran.status, ran.states) == (4, [])
        assert "No space left on device" in ran.message
        assert keys(server.org, SUBSCRIPTION, key) == {key}


def test_a_file_on_a_cancelled_subscription_holds_its_removal(tmp_path: Path) -> None:
    document = {"object": "ContentDocument", "name": "file", "values": {"Title": "Contract"}}
    link = on("ContentDocumentLink", FIRST, "LinkedEntityId", ContentDocumentId={"row": "file"})
    with served(rows=[document, link]) as server:
        assert_held(cancelled(server, tmp_path), "ContentDocumentLink")


@pytest.mark.rows_may_go("EntitySubscription", "FeedItem")
def test_marks_and_tracked_changes_go_along(tmp_path: Path) -> None:
    marks = [
        on("EntitySubscription", FIRST, "ParentId"),
        on("FeedItem", FIRST, "ParentId", Type="TrackedChange"),
    ]
    with served(rows=marks) as server:
        ran = cancelled(server, tmp_path)
        assert (ran.status, ran.object(SUBSCRIPTION)["deleted"]) == (0, 1)


def test_a_task_on_a_subscription_holds_the_removal_of_its_account_and_of_no_other(
    tmp_path: Path,
) -> None:
    owned = {"object": SUBSCRIPTION, "at": 1, "values": {
        "Zuora__CustomerAccount__c": {"object": ACCOUNT, "at": 1}}}  # fmt: skip
    with served(rows=CONTENTS[:1], changes=[owned]) as server:
        accounts = rows(server.org, f"SELECT {KEY} FROM {ACCOUNT} ORDER BY Id")
        assert_held(removed(server, tmp_path, "Account", accounts[0][KEY]), "Task")
        ran = removed(server, tmp_path, "Account", accounts[1][KEY])
        assert (ran.status, ran.object(ACCOUNT)["deleted"]) == (0, 1)


@pytest.mark.parametrize("relationship", ["Of__pr", "Elsewhere", "Of__r"])
def test_a_grandchild_of_peoples_below_a_package_child_is_found_whatever_its_lookup_is_called(
    tmp_path: Path, relationship: str
) -> None:
    visits = hung(VISIT, PLAN, relationship_name=relationship)
    with served(objects=[visits], rows=[on(VISIT, {"object": PLAN, "at": 1})]) as server:
        parents = rows(server.org, f"SELECT Zuora__Subscription__r.{KEY} FROM {PLAN} ORDER BY Id")
        key = parents[0]["Zuora__Subscription__r"][KEY]
        assert_held(removed(server, tmp_path, "Subscription", key), VISIT)


def test_an_object_of_a_newer_package_goes_along_but_not_what_people_hung_on_it(
    tmp_path: Path,
) -> None:
    objects = [hung(NEW, SUBSCRIPTION), hung(VISIT, NEW)]
    news = [on(NEW, {"object": SUBSCRIPTION, "at": at}) for at in (1, 2)]
    with served(objects=objects, rows=[*news, on(VISIT, {"object": NEW, "at": 1})]) as server:
        key = subscription(server, 1)
        assert_held(cancelled(server, tmp_path), VISIT)
        assert removed(server, tmp_path, "Subscription", key).status == 0
        assert len(rows(server.org, f"SELECT Id FROM {NEW}")) == 1


def test_rows_that_the_user_may_not_ask_for_hold_a_removal(tmp_path: Path) -> None:
    visits = {**hung(VISIT, PLAN), "flags": ["not_queryable"]}
    with served(objects=[visits]) as server:
        plans = rows(server.org, f"SELECT Zuora__Subscription__r.{KEY} FROM {PLAN} ORDER BY Id")
        key = plans[0]["Zuora__Subscription__r"][KEY]
        assert_held(removed(server, tmp_path, "Subscription", key), VISIT, "might")


@pytest.mark.rows_may_go(VISIT)
def test_rows_that_may_go_take_nothing_along_that_may_not(tmp_path: Path) -> None:
    objects = [hung(VISIT, SUBSCRIPTION), hung(PHOTO, VISIT)]
    visits = [on(VISIT, {"object": SUBSCRIPTION, "at": at}) for at in (1, 2)]
    with served(objects=objects, rows=[*visits, on(PHOTO, {"object": VISIT, "at": 1})]) as server:
        key = subscription(server, 1)
        assert_held(cancelled(server, tmp_path, allow_cascade_to=[VISIT]), PHOTO)
        ran = removed(server, tmp_path, "Subscription", key, allow_cascade_to=[VISIT])
        assert (ran.status, ran.object(SUBSCRIPTION)["deleted"]) == (0, 1)


FLOWS_LOCK = "We can't save this record. UNABLE_TO_LOCK_ROW: unable to obtain exclusive access"


def refusing(code: str, message: str, **more: Any) -> dict[str, Any]:
    """Faults that refuse the deletion of subscriptions."""
    return {"rows": [{"object": SUBSCRIPTION, "operation": "delete", "code": code,
                      "message": message, **more}]}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "message"),
    [("UNABLE_TO_LOCK_ROW", "locked"), ("CANNOT_EXECUTE_FLOW_TRIGGER", FLOWS_LOCK)],
)
def test_a_removal_that_met_a_lock_is_tried_again(tmp_path: Path, code: str, message: str) -> None:
    with served() as server:
        key = subscription(server)
        server.set_faults(refusing(code, message, times=1))
        ran = cancelled(server, tmp_path)
        assert (ran.status, ran.object(SUBSCRIPTION)["deleted"]) == (0, 1)
        assert keys(server.org, SUBSCRIPTION, key) == set()


def test_a_row_is_found_whatever_the_case_of_its_key_where_salesforce_knows_no_case(
    tmp_path: Path,
) -> None:
    with served() as server:
        (found,) = rows(server.org, f"SELECT {KEY} FROM {METHOD} ORDER BY Id LIMIT 1")
        key = found[KEY]
        ran = removed(server, tmp_path, "PaymentMethod", key.upper())
        assert (ran.status, ran.object(METHOD)["deleted"]) == (0, 1)
        assert keys(server.org, METHOD, key) == set()


GONE = ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


def test_a_row_that_is_called_no_record_but_is_there_has_failed(tmp_path: Path) -> None:
    with served() as server:
        server.set_faults(refusing(*GONE))
        ran = cancelled(server, tmp_path)
        assert (ran.status, ran.report["failures"][0]["code"]) == (4, GONE[0])


def test_a_row_that_is_called_no_record_and_is_gone_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Rest.delete_collection

    def gone(self: Rest, ids: Sequence[str]) -> list[ApiError | None]:
        real(self, ids)
        return [ApiError(200, *GONE) for _ in ids]

    monkeypatch.setattr(Rest, "delete_collection", gone)
    with served() as server:
        ran = cancelled(server, tmp_path)
        assert (ran.status, ran.object(SUBSCRIPTION)["deleted"]) == (0, 1)
