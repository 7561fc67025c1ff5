"""What people link and fill after the snapshots, before their record's own step, is written too.

A lookup that moves from one record to another leaves every count as it was.
"""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion import written_late
from target_zuora360_cleanup.salesforce.session import OrgSession
from tests.support.shapes import (
    INVOICES,
    ITEMS,
    NOTE,
    at_first,
    before_look,
    cleanup,
    ids,
    notes,
    of,
    rows,
    shaped,
)
from tests.support.whole_org import table

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

CHARGES, SUBSCRIPTIONS = "Zuora__SubscriptionProductCharge__c", "Zuora__Subscription__c"
REMARK, KEY = "Remark__c", "Zuora__External_Id__c"
LINKED = {
    "objects": [notes("set_null")],
    "rows": [rows(NOTE, 3, Of__c=of(INVOICES))],
}
FILLED = {
    "fields": [{"object": INVOICES, "name": "Region__c", "type": "string"}],
    "changes": [{"object": INVOICES, "at": 1, "values": {"Region__c": "EMEA"}}],
}


def links(ran: Ran, lookup: str) -> dict[str, str]:
    """Where each record's lookup led, by what its file says last."""
    written = table(ran.folder / "links" / f"{lookup}.csv.gz")
    return {row["record_id"]: row["parent_external_id"] for row in written}


def values(ran: Ran, name: str = INVOICES) -> dict[str, str]:
    """What people had filled on records of an object, by what the files say last."""
    places = (ran.folder / "values", ran.folder / "late" / "values")
    files = [place / f"{name}.csv.gz" for place in places]
    written = [row for file in files if file.exists() for row in table(file)]
    return {row[KEY]: row.get("Region__c", "") for row in written}


def change(server: EmulatorServer, name: str, id_: str, **values: Any) -> None:
    (result,) = server.org.dml("update", name, [{"Id": id_, **values}])
    assert result.error is None, result.error


def key_of(server: EmulatorServer, invoice: str) -> str:
    return next(str(row[KEY]) for row in server.org.all_rows(INVOICES) if row["Id"] == invoice)


def test_where_a_lookup_leads_just_before_its_step_is_what_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped(LINKED) as server:
        first, *_ = sorted(ids(server, NOTE))
        second = sorted(ids(server, INVOICES))[1]
        key = key_of(server, second)
        at_first(monkeypatch, ITEMS, lambda: change(server, NOTE, first, Of__c=second))
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    found = links(ran, f"{NOTE}.Of__c")
    assert (found[first], len(found), list(found.values()).count(key)) == (key, 3, 1)


@pytest.mark.parametrize("backup", ["ids", "none"])
@pytest.mark.parametrize("name", ["Task", "Call__c"])
def test_a_row_that_moves_before_it_is_detached_is_written_where_it_led_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, backup: str
) -> None:
    field = {"Task": "WhatId", "Call__c": "Of__c"}[name]
    shape = {
        "objects": [notes(name="Call__c")],
        "rows": [rows(name, 3, **{field: of(INVOICES)})],
    }
    with shaped(shape) as server:
        first, *_ = sorted(ids(server, name))
        second = sorted(ids(server, INVOICES))[1]
        key = key_of(server, second)
        at_first(monkeypatch, ITEMS, lambda: change(server, name, first, **{field: second}))
        ran = cleanup(server, tmp_path, backup=backup)
        assert (ran.status, len(ids(server, name))) == (0, 3)
    found = links(ran, f"{name}.{field}")
    assert (found[first], len(found)) == (key, 3)


@pytest.mark.rows_may_go(NOTE)
def test_a_link_below_a_row_that_moves_is_written_although_it_has_not_changed_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = {
        "objects": [notes(), notes("set_null", NOTE, REMARK)],
        "rows": [
            {**rows(NOTE, 1, Of__c=of(INVOICES), Text__c="goes"), "name": "goes"},
            {**rows(NOTE, 1, Text__c="comes"), "name": "comes"},
            rows(REMARK, 1, Of__c={"row": "goes"}),
            rows(REMARK, 1, Of__c={"row": "comes"}, Text__c="below"),
        ],
    }
    with shaped(shape) as server:
        (goes,) = ids(server, NOTE, "WHERE Text__c = 'goes'")
        (comes,) = ids(server, NOTE, "WHERE Text__c = 'comes'")
        (below,) = ids(server, REMARK, "WHERE Text__c = 'below'")
        invoice = min(ids(server, INVOICES))

        def swap() -> None:
            change(server, NOTE, goes, Of__c=None)
            change(server, NOTE, comes, Of__c=invoice)

        at_first(monkeypatch, ITEMS, swap)
        ran = cleanup(server, tmp_path, allow_cascade_to=[NOTE])
        assert (ran.status, ids(server, NOTE)) == (0, {goes})
    assert links(ran, f"{REMARK}.Of__c")[below] == comes


def test_a_lookup_that_no_query_follows_is_written_where_it_led_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = notes("set_null")
    loose["fields"][0]["to"] = [INVOICES, "Account"]
    with shaped({**LINKED, "objects": [loose]}) as server:
        first, *_ = sorted(ids(server, NOTE))
        second = sorted(ids(server, INVOICES))[1]
        key = key_of(server, second)
        at_first(monkeypatch, ITEMS, lambda: change(server, NOTE, first, Of__c=second))
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    assert links(ran, f"{NOTE}.Of__c")[first] == key


@pytest.mark.parametrize("changed", [NOTE, INVOICES, None])
def test_one_that_no_query_follows_is_asked_for_by_its_own_change_and_by_its_records(
    tmp_path: Path, changed: str | None
) -> None:
    loose = notes("set_null")
    loose["fields"][0]["to"] = [INVOICES, "Account"]
    with shaped({**LINKED, "objects": [loose]}) as server:
        age(server, NOTE)
        age(server, INVOICES)
        if changed == NOTE:
            change(server, NOTE, min(ids(server, NOTE)), Text__c="new")
        elif changed == INVOICES:
            change(server, INVOICES, min(ids(server, INVOICES)), Zuora__Description__c="new")
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
        # (the watch over people's rows sees what they have changed themselves)
        for each in ids(server, NOTE):
            change(server, NOTE, each, Text__c=None)
    again = {NOTE: 1, INVOICES: 3, None: 0}[changed]
    assert len(list(table(ran.folder / "links" / f"{NOTE}.Of__c.csv.gz"))) == 3 + again


def test_what_has_not_changed_is_not_written_again(tmp_path: Path) -> None:
    with shaped({**LINKED, **FILLED}) as server:
        age(server, NOTE)
        age(server, INVOICES)
        ran = cleanup(server, tmp_path)
    assert len(list(table(ran.folder / "links" / f"{NOTE}.Of__c.csv.gz"))) == 3
    assert (ran.folder / "values" / f"{INVOICES}.csv.gz").exists()
    assert not (ran.folder / "late").exists()


def age(server: EmulatorServer, name: str, stamp: int = 1_700_000_000) -> None:
    """Let all rows be of long ago."""
    with server.org.lock, server.org.store.transaction():
        server.org.store.run(f'UPDATE "{name}" SET SystemModstamp = {stamp}')


def test_of_what_changed_shortly_before_the_snapshots_only_values_are_written_again(
    tmp_path: Path,
) -> None:
    """A sync may have written every record in that time."""
    with shaped({"fields": FILLED["fields"]}) as server:
        first, *others = sorted(ids(server, INVOICES))
        key = key_of(server, first)
        change(server, INVOICES, first, Region__c="EMEA")
        for each in others:
            change(server, INVOICES, each, Region__c=None)
        age(server, INVOICES, int(time.time()) - 600)
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    late = ran.folder / "late" / "values" / f"{INVOICES}.csv.gz"
    assert {row[KEY]: row["Region__c"] for row in table(late)} == {key: "EMEA"}


def test_what_people_have_blanked_since_is_written_as_blank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped(FILLED) as server:
        first = min(ids(server, INVOICES))
        key = key_of(server, first)
        at_first(monkeypatch, ITEMS, lambda: change(server, INVOICES, first, Region__c=None))
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    assert values(ran)[key] == ""


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_where_the_org_does_not_tell_its_time_all_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, date: str | None
) -> None:
    told = property(lambda _: date, lambda *_: None)
    monkeypatch.setattr(OrgSession, "date", told, raising=False)
    task = rows("Task", 2, WhatId=of(INVOICES))
    shape = {**LINKED, **FILLED, "rows": [*LINKED["rows"], task]}
    with shaped(shape) as server:
        age(server, NOTE)
        age(server, INVOICES)
        age(server, "Task")
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    assert len(list(table(ran.folder / "links" / f"{NOTE}.Of__c.csv.gz"))) == 6
    assert len(list(table(ran.folder / "links" / "Task.WhatId.csv.gz"))) == 4
    assert len(list(table(ran.folder / "late" / "values" / f"{INVOICES}.csv.gz"))) > 1


def test_what_people_fill_before_the_step_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped(FILLED) as server:
        first, second, *_ = sorted(ids(server, INVOICES))
        first_key, second_key = key_of(server, first), key_of(server, second)

        def fill() -> None:
            change(server, INVOICES, first, Region__c="APAC")
            change(server, INVOICES, second, Region__c="LATAM")

        at_first(monkeypatch, ITEMS, fill)
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    found = values(ran)
    assert (found[first_key], found[second_key]) == ("APAC", "LATAM")


def test_what_people_fill_first_of_an_object_before_its_step_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it was planned nobody had filled anything of it."""
    with shaped({"fields": FILLED["fields"]}) as server:
        for each in ids(server, INVOICES):
            change(server, INVOICES, each, Region__c=None)
        first = min(ids(server, INVOICES))
        key = key_of(server, first)
        at_first(monkeypatch, ITEMS, lambda: change(server, INVOICES, first, Region__c="APAC"))
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    assert values(ran)[key] == "APAC"


def test_more_than_one_answer_holds_come_by_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written_late, "FEW", 2)
    with shaped(LINKED) as server:
        every = sorted(ids(server, NOTE))
        second = sorted(ids(server, INVOICES))[1]
        key = key_of(server, second)

        def move() -> None:
            for each in every:
                change(server, NOTE, each, Of__c=second)

        at_first(monkeypatch, ITEMS, move)
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
    assert links(ran, f"{NOTE}.Of__c") == dict.fromkeys(every, key)


@pytest.mark.parametrize("whole", [False, True])
def test_a_question_that_is_refused_is_asked_for_all_and_ends_the_run_if_that_is_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    with shaped(LINKED) as server:
        before = ids(server, INVOICES)
        like = f"*Of__r.{KEY}*FROM {NOTE}*" if whole else f"*FROM {NOTE}*SystemModstamp*"
        rule = {"soql": like, "code": "QUERY_TOO_COMPLICATED", "status": 400}
        at_first(monkeypatch, ITEMS, lambda: server.set_faults({"queries": [rule]}))
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, INVOICES)) == ((4, before) if whole else (0, set()))
    if whole:
        assert f"ended before {INVOICES}: what people have linked or filled since" in ran.message
    else:
        assert len(list(table(ran.folder / "links" / f"{NOTE}.Of__c.csv.gz"))) == 6


def test_a_file_that_can_not_be_written_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped(LINKED) as server:
        first, *_ = sorted(ids(server, NOTE))
        before = ids(server, INVOICES)
        second = sorted(before)[1]

        def spoil() -> None:
            change(server, NOTE, first, Of__c=second)
            (folder,) = tmp_path.glob("*-cleanup/links")
            file = folder / f"{NOTE}.Of__c.csv.gz"
            file.unlink()
            file.mkdir()

        at_first(monkeypatch, ITEMS, spoil)
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, INVOICES)) == (4, before)
        # (the watch over people's rows sees what they have changed themselves)
        change(server, NOTE, first, Of__c=min(before))
    assert f"ended before {INVOICES}: what people have linked or filled since" in ran.message


def test_files_with_later_rows_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shaped(LINKED) as server:
        first, *_ = sorted(ids(server, NOTE))
        second = sorted(ids(server, INVOICES))[1]
        at_first(monkeypatch, ITEMS, lambda: change(server, NOTE, first, Of__c=second))
        ran = cleanup(server, tmp_path)
    text = gzip.decompress((ran.folder / "links" / f"{NOTE}.Of__c.csv.gz").read_bytes()).decode()
    assert text.count("record_id") == 1


def test_a_value_below_a_record_that_moves_to_a_chosen_account_is_written_although_it_is_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = {
        "fields": [{"object": CHARGES, "name": "Region__c", "type": "string"}],
        "changes": [{"object": CHARGES, "every": 1, "values": {"Region__c": "EMEA"}}],
    }
    with shaped(shape) as server:
        rows = server.org.all_rows(CHARGES)
        owner = {str(row["Id"]): row["Zuora__CustomerAccount__c"]
                 for row in server.org.all_rows(SUBSCRIPTIONS)}  # fmt: skip
        of_charge = {str(row[KEY]): str(row["Zuora__Subscription__c"]) for row in rows}
        moving = next(each for each in of_charge.values() if owner.get(each))
        chosen = next(each for each in owner.values() if each not in (None, owner[moving]))
        keys = {
            key for key, each in of_charge.items() if owner.get(each) == chosen or each == moving
        }
        age(server, CHARGES)

        def move() -> None:
            change(server, SUBSCRIPTIONS, moving, Zuora__CustomerAccount__c=chosen)

        before_look(monkeypatch, CHARGES, move)
        ran = cleanup(
            server, tmp_path, include_objects=None, only_accounts=f"Id = '{chosen}'",
            allow_broken_hierarchies=True, lookup_links="ignore",
        )  # fmt: skip
        assert ran.status == 0, ran.message
        assert not {str(row[KEY]) for row in server.org.all_rows(CHARGES)} & keys
    assert {key for key, value in values(ran, CHARGES).items() if value == "EMEA"} == keys
