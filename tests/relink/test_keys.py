"""Links whose parents have one external id, the other, both or none: each by its own, over HTTP."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
from dataclasses import dataclass, replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.salesforce.sending import JobSender
from tests.support.full_sync import Zuora, read
from tests.support.relinking import FORECAST, ORG, SUBSCRIPTION, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.salesforce.bulk import Ingest
    from target_zuora360_cleanup.salesforce.csv_file import CsvFile

PAYMENT, EXT, OLD = "Zuora__Payment__c", "Zuora__EXT_ID__c", "Zuora__External_Id__c"
LINK, MAIL_LINK = f"{FORECAST}.Payment__c", "EmailMessage.RelatedToId"
_NONE = "none at all"
KEYS: tuple[tuple[str | None, str | None], ...] = (
    ("same", None), (None, "same"), ("both", "other"), (_NONE, None),
)  # fmt: skip
"""EXT_ID and External_Id of the first payments; two of them have the same, but not in one field.

The last one's key goes after the plan, which would refuse to blank lookups that nothing leads back.
"""
TIMES = 2
"""Forecasts of each payment."""
pytestmark = [pytest.mark.slow, pytest.mark.relinks(LINK)]


def shape() -> str:
    """People's rows that lead to these payments, and a mail."""
    payments = [
        {"object": PAYMENT, "at": at, "values": {EXT: ext, OLD: old}}
        for at, (ext, old) in enumerate(KEYS, 1)
    ]
    forecasts = [
        {"object": FORECAST, "values": {
            "Name": f"Paid {at}", "Payment__c": {"object": PAYMENT, "at": at % len(KEYS) + 1}}}
        for at in range(len(KEYS) * TIMES)
    ]  # fmt: skip
    field = {"object": FORECAST, "name": "Payment__c", "type": "reference", "to": [PAYMENT],
             "on_delete": "set_null"}  # fmt: skip
    mail = {"object": "EmailMessage", "values": {"Subject": "Renewal"}}
    return json.dumps({"fields": [field], "changes": payments, "rows": [*forecasts, mail]})


SHAPED = replace(ORG, records=300, customer_rows=frozenset(), shape=shape())


@dataclass(frozen=True)
class Paid:
    """A scene with payments.

    Attributes:
        paid: The payments that forecasts led to, by forecast; Salesforce ids.
    """

    scene: Scene
    paid: dict[str, str]

    @classmethod
    def of(cls, scene: Scene) -> Paid:
        """That of a shaped org; its last payments have had no key."""
        parents = sorted(str(row["Id"]) for row in scene.zuora.rows[PAYMENT])[: len(KEYS)]
        forecasts = sorted(str(row["Id"]) for row in read(scene.server.org, FORECAST, ["Id"]))
        known = [{**row, EXT: None if row[EXT] == _NONE else row[EXT]}
                 for row in scene.zuora.rows[PAYMENT]]  # fmt: skip
        zuora = Zuora({**scene.zuora.rows, PAYMENT: known})
        paid = dict(zip(forecasts, cycle(parents), strict=False))
        made = cls(replace(scene, zuora=zuora), paid)
        write(made.folder, [
            {**row, "parent_external_id": paid[row["record_id"]], "external_id_field": ""}
            if row["parent_external_id"] == _NONE else row
            for row in snapshot(made.folder)
        ])  # fmt: skip
        return made

    @property
    def server(self) -> EmulatorServer:
        return self.scene.server

    @property
    def folder(self) -> Path:
        return self.scene.cleanup.folder / "links"

    def key(self, forecast: str) -> tuple[Any, Any]:
        """EXT_ID and External_Id of the payment that a forecast led to."""
        by_id = {row["Id"]: (row[EXT], row[OLD]) for row in self.scene.zuora.rows[PAYMENT]}
        return by_id[self.paid[forecast]]

    def restored(self, new: dict[str, str]) -> dict[str, str]:
        """Where forecasts are to lead again whose payments had a key."""
        return {name: new[old] for name, old in self.paid.items() if any(self.key(name))}

    def of_key(self, at: int) -> set[str]:
        """The forecasts of a payment of `KEYS`."""
        wanted = tuple(None if key == _NONE else key for key in KEYS[at])
        return {name for name in self.paid if self.key(name) == wanted}


def payments(server: EmulatorServer) -> dict[str, str]:
    """Where forecasts lead now."""
    rows = read(server.org, FORECAST, ["Id", "Payment__c"])
    return {str(row["Id"]): str(row["Payment__c"]) for row in rows if row["Payment__c"]}


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Paid]:
    with Scene.of_copy(tmp_path, org=SHAPED) as scene:
        yield Paid.of(scene)


def snapshot(folder: Path, name: str = LINK) -> list[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(
    folder: Path, rows: Iterable[dict[str, str]], name: str = LINK, *, columns: int = 5
) -> None:
    """Have a snapshot of these links, by their first columns."""
    listed = [list(each.items())[:columns] for each in rows]
    with gzip.open(folder / f"{name}.csv.gz", "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [[name for name, _ in listed[0]], *([value for _, value in each] for each in listed)]
        )


def counts(link: dict[str, Any]) -> dict[str, int]:
    """The numbers of a report's link that are not 0."""
    return {name: n for name, n in link.items() if isinstance(n, int) and n}


ALL, KEYED = len(KEYS) * TIMES, (len(KEYS) - 1) * TIMES


def test_each_link_is_restored_by_the_key_that_its_parent_had(paid: Paid) -> None:
    assert {(row["parent_external_id"], row["external_id_field"]) for row in snapshot(paid.folder)
            } == {("same", EXT), ("same", OLD), ("both", EXT), (paid.paid[min(paid.of_key(3))], "")
    }  # fmt: skip
    new = paid.scene.sync()
    ran = paid.scene.relink()
    assert payments(paid.server) == paid.restored(new)
    assert (ran.status, ran.report["status"]) == (0, "done")
    assert [counts(each) for each in ran.report["links"] if each["parent"] == PAYMENT] == [
        {"in_snapshot": ALL, "restored": KEYED, "parent_not_back": TIMES}
    ]
    told = [row for row in ran.file("relink.csv") if row["field"] == "Payment__c"]
    assert [row["id"] for row in told] == sorted(paid.of_key(3))
    assert {row["reason"] for row in told} == {"parent_not_back"}
    assert all("no external id of the parent" in row["detail"] for row in told)


def test_no_record_is_set_twice_and_a_second_relink_sets_none(
    paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    real = JobSender.send

    def noted(self: JobSender, ingest: Ingest, rows: CsvFile) -> str:
        sent.extend(b"".join(rows).decode().splitlines())
        return real(self, ingest, rows)

    monkeypatch.setattr(JobSender, "send", noted)
    paid.scene.sync()
    paid.scene.relink()
    first = [line for line in sent if "same" in line or "both" in line]
    assert len(first) == KEYED
    assert {line.split(",")[0] for line in first} == set().union(*map(paid.of_key, range(3)))
    sent.clear()
    again = paid.scene.relink(paid.scene.cleanup.folder)
    assert sent == []
    assert counts(again.link(LINK)) == {
        "in_snapshot": ALL, "restored": KEYED, "parent_not_back": TIMES,
    }  # fmt: skip


def test_a_dry_run_tells_of_each_link_what_a_relink_would_do(paid: Paid) -> None:
    paid.scene.sync()
    ran = paid.scene.relink(dry_run=True)
    assert counts(ran.link(LINK)) == {
        "in_snapshot": ALL, "to_restore": KEYED, "parent_not_back": TIMES,
    }  # fmt: skip
    assert payments(paid.server) == {}


def test_a_parent_that_is_back_by_another_key_alone_is_not_guessed(paid: Paid) -> None:
    new = paid.scene.sync()
    moved = new[paid.paid[min(paid.of_key(1))]]
    paid.server.org.dml("update", PAYMENT, [{"Id": moved, EXT: "new", OLD: None}])
    ran = paid.scene.relink()
    assert (ran.status, ran.report["status"]) == (4, "partial")
    told = {row["id"]: row["detail"] for row in ran.file("relink.csv") if OLD in row["detail"]}
    assert told.keys() == paid.of_key(1)
    assert payments(paid.server).keys() == paid.of_key(0) | paid.of_key(2)


def test_a_parent_without_a_key_that_never_went_is_in_place(paid: Paid) -> None:
    new = paid.scene.sync()
    one, *_ = sorted(paid.of_key(3))
    there = new[paid.paid[one]]
    rows = snapshot(paid.folder)
    write(paid.folder, ({**row, "parent_external_id": there} if row["record_id"] == one else row
                        for row in rows))  # fmt: skip
    paid.server.org.dml("update", FORECAST, [{"Id": one, "Payment__c": there}])
    assert counts(paid.scene.relink().link(LINK)) == {
        "in_snapshot": ALL, "restored": KEYED + 1, "parent_not_back": TIMES - 1,
    }  # fmt: skip
    paid.server.org.dml("update", FORECAST, [{"Id": one, "Payment__c": None}])


def test_rows_of_an_older_snapshot_have_the_key_that_its_manifest_names(paid: Paid) -> None:
    rows = snapshot(paid.folder)
    preferred = [row if row["external_id_field"] == EXT else {**row, "parent_external_id": ""}
                 for row in rows]  # fmt: skip
    write(paid.folder, preferred, columns=4)
    new = paid.scene.sync()
    ran = paid.scene.relink()
    by_ext = paid.of_key(0) | paid.of_key(2)
    assert payments(paid.server) == {
        name: parent for name, parent in paid.restored(new).items() if name in by_ext
    }
    assert counts(ran.link(LINK)) == {
        "in_snapshot": ALL, "restored": 2 * TIMES, "parent_not_back": 2 * TIMES,
    }  # fmt: skip


@pytest.mark.parametrize("columns", [4, 5])
def test_a_newer_snapshot_counts_whatever_keys_and_columns_the_two_have(
    paid: Paid, tmp_path: Path, columns: int
) -> None:
    """The older one names all links, the newer one a link of each key, by another one."""
    new = paid.scene.sync()
    rows = snapshot(paid.folder)
    changed = [min(paid.of_key(at)) for at in range(len(KEYS))]
    newer = tmp_path / "29990101T000000Z-cleanup" / "links"
    newer.mkdir(parents=True)
    (newer / "manifest.json").write_text((paid.folder / "manifest.json").read_text())
    write(newer, [
        {**row, "parent_external_id": "both", "external_id_field": EXT}
        for row in rows if row["record_id"] in changed
    ], columns=columns)  # fmt: skip
    older = paid.scene.relink(paid.scene.cleanup.folder)
    assert counts(older.link(LINK)) == {
        "in_snapshot": ALL, "superseded": len(KEYS), "restored": KEYED - 3,
        "parent_not_back": TIMES - 1,
    }  # fmt: skip
    assert not set(changed) & payments(paid.server).keys()
    last = paid.scene.relink(newer.parent)
    assert counts(last.link(LINK)) == {"in_snapshot": len(KEYS), "restored": len(KEYS)}
    both = new[paid.paid[min(paid.of_key(2))]]
    assert {payments(paid.server)[name] for name in changed} == {both}
    back = [{"Id": name, "Payment__c": paid.restored(new).get(name)} for name in changed]
    paid.server.org.dml("update", FORECAST, back)


def test_a_record_that_the_snapshot_names_twice_counts_once_by_the_last(paid: Paid) -> None:
    rows = snapshot(paid.folder)
    one, other = min(paid.of_key(0)), min(paid.of_key(1))
    by_id = {row["record_id"]: row for row in rows}
    write(paid.folder, [
        *rows, {**by_id[other], "record_id": one}, {**by_id[one], "record_id": one},
    ])  # fmt: skip
    new = paid.scene.sync()
    ran = paid.scene.relink()
    assert counts(ran.link(LINK))["in_snapshot"] == ALL
    assert payments(paid.server) == paid.restored(new)


@pytest.mark.parametrize("left_out", [1, 15, 30])
def test_half_a_line_at_the_end_of_the_file_is_no_link(paid: Paid, left_out: int) -> None:
    """With half of its last column it would lead to a field that is another one's."""
    path = paid.folder / f"{LINK}.csv.gz"
    text = gzip.decompress(path.read_bytes())
    *_, last = snapshot(paid.folder)
    path.write_bytes(gzip.compress(text[:-left_out]))
    new = paid.scene.sync()
    ran = paid.scene.relink()
    assert counts(ran.link(LINK))["in_snapshot"] == ALL - 1
    wanted = {name: to for name, to in paid.restored(new).items() if name != last["record_id"]}
    assert payments(paid.server) == wanted


def test_a_relink_that_was_stopped_is_finished_by_another_one(paid: Paid) -> None:
    new = paid.scene.sync()
    sent = 0

    def hook(operation: str, name: str, _: str) -> None:
        nonlocal sent
        if (operation, name) == ("update", FORECAST):
            sent += 1
            if sent == TIMES + 1:
                os.kill(os.getpid(), signal.SIGTERM)

    paid.server.org.row_hook = hook
    ran = paid.scene.relink(job_size=1, max_parallel_jobs=1)
    paid.server.org.row_hook = None
    assert (ran.status, counts(ran.link(LINK))["in_snapshot"]) == (4, ALL)
    again = paid.scene.relink()
    assert counts(again.link(LINK)) == {
        "in_snapshot": ALL, "restored": KEYED, "parent_not_back": TIMES,
    }  # fmt: skip
    assert payments(paid.server) == paid.restored(new)


def test_a_lookup_to_several_objects_is_told_as_lost_and_left_alone(paid: Paid) -> None:
    (mail,) = read(paid.server.org, "EmailMessage", ["Id"])
    subscription = paid.scene.zuora.rows[SUBSCRIPTION][0]
    row = {
        "record_id": str(mail["Id"]), "field": "RelatedToId", "parent_object": SUBSCRIPTION,
        "parent_external_id": str(subscription["Id"]), "external_id_field": "",
    }  # fmt: skip
    gone = f"{str(mail['Id'])[:14]}9{str(mail['Id'])[15:]}"
    other = {**row, "record_id": gone, "parent_object": PAYMENT}
    write(paid.folder, [row, other], MAIL_LINK)
    paid.scene.sync()
    ran = paid.scene.relink()
    told = {each["parent"]: counts(each) for each in ran.report["links"]
            if each["object"] == "EmailMessage"}  # fmt: skip
    assert told == {
        SUBSCRIPTION: {"in_snapshot": 1, "parent_not_back": 1},
        PAYMENT: {"in_snapshot": 1, "record_gone": 1},
    }
    assert f"{MAIL_LINK} to {PAYMENT}" in ran.summary
    assert ran.status == 0
    assert read(paid.server.org, "EmailMessage", ["RelatedToId"]) == [{"RelatedToId": None}]
