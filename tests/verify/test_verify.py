"""Compares orgs with a cleanup's backup, over HTTP: what is back is told so, and nothing else."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.org.permissions import for_user
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.verify.run import backups
from tests.support import verifying
from tests.support.emulated import Emulated
from tests.support.full_sync import read
from tests.support.relinking import FORECAST, LINK, QUOTE_LINKS, SUBSCRIPTION, Scene
from tests.support.runs import Ran, login, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

SMALL = OrgOptions(records=300, sandbox=True, customer_rows=frozenset({FORECAST}))
ORG: Any = {"org": SMALL, "thin": False}
INVOICE, TAX = "Zuora__ZInvoice__c", "Zuora__TaxationItem__c"
OWNER = "Zuora__CustomerAccount__c"
pytestmark = [pytest.mark.relinks(LINK, *QUOTE_LINKS), pytest.mark.quotes_may_change]


def verify(scene: Scene, folder: Path | None = None, **more: Any) -> Ran:
    return verifying.verify({**login(scene.server), **more}, scene.output, folder)


def entry(ran: Ran, name: str) -> dict[str, Any]:
    (found,) = (each for each in ran.report["compared"] if each["object"] == name)
    return dict(found)


def numbers(ran: Ran) -> dict[str, int]:
    """The numbers of all object types."""
    names = ("in_backup", "stayed", "back", "not_back", "no_key", "twice", "new_since", "left")
    totals = {name: sum(each[name] for each in ran.report["compared"]) for name in names}
    return {name: count for name, count in totals.items() if count}


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(SMALL) as made:
        yield made


@pytest.fixture(params=["ids", pytest.param("full", marks=pytest.mark.slow)])
def cleaned(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """An org after a cleanup of accounts."""
    with Scene.of_copy(tmp_path, **ORG, backup=request.param) as made:
        yield made


@pytest.fixture(params=["ids", pytest.param("full", marks=pytest.mark.slow)])
def back(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """An org after a cleanup of accounts, a full sync and a relink."""
    with Scene.of_copy(tmp_path, **ORG, backup=request.param, relinked=True) as made:
        yield made


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Scene]:
    """The same, with a backup of whole rows."""
    with Scene.of_copy(tmp_path, **ORG, backup="full", relinked=True) as made:
        yield made


@pytest.fixture
def by_ids(tmp_path: Path) -> Iterator[Scene]:
    """The same, with a backup of ids."""
    with Scene.of_copy(tmp_path, **ORG, relinked=True) as made:
        yield made


def test_everything_is_back_after_a_full_sync_and_a_relink(back: Scene) -> None:
    deleted = sum(each["deleted"] for each in back.cleanup.report["objects"])
    ran = verify(back)
    assert (ran.status, ran.report["status"]) == (0, "done"), ran.summary
    assert numbers(ran) == {"in_backup": deleted, "back": deleted}
    assert ran.link(LINK)["restored"] == len(back.linked)
    assert ran.file("verify.csv") == []
    assert ran.report["headline"].startswith(f"Done: {deleted:,} of {deleted:,} records are in")


def test_nothing_is_back_before_the_sync(cleaned: Scene) -> None:
    deleted = sum(each["deleted"] for each in cleaned.cleanup.report["objects"])
    ran = verify(cleaned)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    found = numbers(ran)
    assert (found["in_backup"], found["not_back"], found.get("back")) == (deleted, deleted, None)
    assert len(ran.file("verify.csv")) == deleted
    assert ran.link(LINK)["parent_not_back"] == len(cleaned.linked)


def test_records_that_did_not_come_are_named_each(cleaned: Scene) -> None:
    gone = [row["Id"] for row in cleaned.zuora.rows[TAX]][:3]
    cleaned.sync(leave_out=gone)
    cleaned.relink()
    ran = verify(cleaned)
    assert (ran.status, numbers(ran)["left"]) == (4, 3)
    told = {(row["object"], row["id"], row["difference"]) for row in ran.file("verify.csv")}
    assert told == {(TAX, id_, "not_back") for id_ in gone}
    assert "3 records are not as they were" in ran.message


def test_links_that_nobody_has_set_again_are_no_success(cleaned: Scene) -> None:
    cleaned.sync()
    ran = verify(cleaned)
    assert ran.status == 4
    assert ran.link(LINK)["to_restore"] == len(cleaned.linked)
    assert "Relink sets links again" in ran.message


def test_rows_that_are_new_are_told_and_no_matter(back: Scene) -> None:
    account = read(back.server.org, "Account", ["Id"])[0]["Id"]
    new = {"Zuora__External_Id__c": "new", "Zuora__Account__c": account}
    (done,) = back.server.org.dml("insert", INVOICE, [new])
    assert done.error is None
    ran = verify(back)
    assert (ran.status, entry(ran, INVOICE)["new_since"]) == (0, 1)


@pytest.mark.slow
def test_what_the_cleanup_has_left_alone_has_stayed(tmp_path: Path) -> None:
    with Emulated(replace(SMALL, records=1500)) as server:
        more = {"object_groups": ["product_catalog"], "allow_cascade_to": ["PricebookEntry"]}
        scene = Scene.make(server, tmp_path, **more)
        kept = sum(each["kept"] for each in scene.cleanup.report["objects"] if each["deleted"])
        assert kept
        scene.sync()
        ran = verify(scene)
    assert ran.status == 0, ran.summary
    assert numbers(ran)["stayed"] == kept
    (along,) = ran.report["along"]
    gone = next(iter(scene.cleanup.report["taken_along"]))
    assert (along["object"], along["rows"]) == (gone["object"], gone["gone"])


@pytest.mark.slow
def test_rows_without_a_key_are_told_and_explained(server: EmulatorServer, tmp_path: Path) -> None:
    keyless = [row["Id"] for row in read(server.org, TAX, ["Id"])][:1]
    keys = ("Zuora__External_Id__c", "Zuora__External_Id_Unique__c")
    changes = [{"Id": id_, **dict.fromkeys(keys)} for id_ in keyless]
    assert not [each.error for each in server.org.dml("update", TAX, changes)
                if each.error]  # fmt: skip
    scene = Scene.make(server, tmp_path)
    scene.sync(leave_out=keyless)
    scene.relink()
    ran = verify(scene)
    assert (ran.status, entry(ran, TAX)["no_key"]) == (0, 1), ran.summary
    (row,) = ran.file("verify.csv")
    assert (row["id"], row["difference"]) == (keyless[0], "no_key")
    assert "no external id" in row["why"]


@pytest.mark.slow
def test_a_value_that_is_another_is_named_with_both(whole: Scene) -> None:
    row = read(whole.server.org, INVOICE, ["Id", "Zuora__External_Id__c", "Zuora__Balance2__c"])[0]
    was = row["Zuora__Balance2__c"]
    change = {"Id": row["Id"], "Zuora__Balance2__c": was + 1}
    assert whole.server.org.dml("update", INVOICE, [change])[0].error is None
    ran = verify(whole)
    assert (ran.status, entry(ran, INVOICE)["rows_changed"]) == (4, 1)
    (told,) = ran.file("verify.csv")
    assert (told["id"], told["field"], float(told["was"]), float(told["now"])) == (
        row["Id"], "Zuora__Balance2__c", was, was + 1,
    )  # fmt: skip
    assert told["external_id"] == row["Zuora__External_Id__c"]
    assert "CHANGED Zuora__ZInvoice__c.Zuora__Balance2__c: 1 record" in ran.summary


@pytest.mark.slow
def test_a_lookup_that_leads_to_another_record_is_told_by_external_ids(whole: Scene) -> None:
    org = whole.server.org
    accounts = read(org, "Zuora__CustomerAccount__c", ["Id", "Zuora__External_Id__c"])
    keys = {row["Id"]: row["Zuora__External_Id__c"] for row in accounts}
    row = read(org, SUBSCRIPTION, ["Id", OWNER])[0]
    other = next(id_ for id_ in keys if id_ != row[OWNER])
    assert org.dml("update", SUBSCRIPTION, [{"Id": row["Id"], OWNER: other}])[0].error is None
    ran = verify(whole)
    (told,) = ran.file("verify.csv")
    assert (told["object"], told["id"], told["field"]) == (SUBSCRIPTION, row["Id"], OWNER)
    assert (told["was"], told["now"]) == (keys[row[OWNER]], keys[other])


def test_an_external_id_that_several_rows_have_now_is_told(by_ids: Scene) -> None:
    org = by_ids.server.org
    name = TAX
    fields = list(org.schema.get(name).fields)
    row = read(org, name, fields)[0]
    copy = {
        key: value for key, value in row.items()
        if value is not None and org.schema.get(name).fields[key].createable
        and not org.schema.get(name).fields[key].unique
    }  # fmt: skip
    (done,) = org.dml("insert", name, [copy])
    assert done.error is None, done.error
    ran = verify(by_ids)
    assert (ran.status, entry(ran, name)["twice"]) == (4, 1)
    (told,) = ran.file("verify.csv")
    assert (told["difference"], told["external_id"]) == (
        "twice",
        row["Zuora__External_Id_Unique__c"],
    )


def test_an_object_that_the_user_may_not_read_is_unknown_and_no_success(back: Scene) -> None:
    org = back.server.org
    org.schema = for_user(org.whole, replace(org.options, not_visible=frozenset({INVOICE})))
    ran = verify(back)
    assert ran.status == 4
    assert entry(ran, INVOICE)["unknown"]
    assert f"UNKNOWN {INVOICE}" in ran.summary
    assert "1 object type could not be looked at" in ran.message


@pytest.mark.slow
def test_a_field_that_the_user_may_not_read_is_unknown_and_no_success(whole: Scene) -> None:
    org, hidden = whole.server.org, f"{INVOICE}.Zuora__Balance2__c"
    shape = json.dumps({"hidden": {"fields": [hidden]}})
    org.schema = for_user(org.whole, replace(org.options, shape=shape))
    ran = verify(whole)
    assert (ran.status, ran.report["unseen"]) == (4, [hidden])
    assert f"UNKNOWN fields that the org does not show: {hidden}." in ran.summary


def test_the_backup_of_another_org_is_refused(cleaned: Scene) -> None:
    path = cleaned.cleanup.folder / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    report["org"]["id"] = "00D000000000001AAA"
    path.write_text(json.dumps(report), encoding="utf-8")
    ran = verify(cleaned, cleaned.cleanup.folder)
    assert (ran.status, ran.report["status"]) == (3, "refused")
    assert "00D000000000001AAA" in ran.message


def test_a_backup_that_a_killed_cleanup_has_cut_off_is_used_as_far_as_it_goes(
    by_ids: Scene,
) -> None:
    path = by_ids.cleanup.folder / "backup" / f"{SUBSCRIPTION}.csv.gz"
    lines = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(lines[:-10])[:-12])
    (by_ids.cleanup.folder / "report.json").unlink()
    ran = verify(by_ids)
    rows = len(lines.splitlines()) - 1
    assert ran.status == 0, ran.summary
    assert 0 < entry(ran, SUBSCRIPTION)["back"] < rows
    assert "has left no report" in " ".join(ran.report["notes"])


def test_a_backup_with_fewer_rows_than_were_deleted_is_no_success(by_ids: Scene) -> None:
    path = by_ids.cleanup.folder / "backup" / f"{SUBSCRIPTION}.csv.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-2])))
    ran = verify(by_ids)
    assert ran.status == 4
    assert entry(ran, SUBSCRIPTION)["not_backed_up"] == 2
    assert ran.message.startswith("2 records that were deleted are in no file of the backup")
    assert ran.summary.startswith("Partial: ")
    assert "In no backup" in ran.summary


def test_a_row_of_another_width_is_damage_but_at_the_end(by_ids: Scene) -> None:
    path = by_ids.cleanup.folder / "backup" / f"{SUBSCRIPTION}.csv.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    lines[2] = b"half\n"
    path.write_bytes(gzip.compress(b"".join(lines)))
    ran = verify(by_ids)
    assert (ran.status, ran.report["status"]) == (2, "failed")
    assert f"{SUBSCRIPTION}.csv.gz' can't be read: a row has 1 of 2 columns" in ran.message


def test_a_backup_that_lacks_an_object_type_is_no_success(by_ids: Scene) -> None:
    (by_ids.cleanup.folder / "backup" / f"{INVOICE}.csv.gz").unlink()
    ran = verify(by_ids)
    assert (ran.status, entry(ran, INVOICE)["unknown"]) == (4, "the backup has no file of it")


def test_a_backup_that_does_not_tell_its_org_is_refused(by_ids: Scene) -> None:
    for name in ("report.json", "undo.json"):
        (by_ids.cleanup.folder / name).unlink()
    ran = verify(by_ids)
    assert ran.status == 3
    assert "the backup is of an unknown org" in ran.message


def test_a_damaged_backup_is_named(cleaned: Scene) -> None:
    path = cleaned.cleanup.folder / "backup" / f"{SUBSCRIPTION}.csv.gz"
    path.write_bytes(b"no gzip")
    ran = verify(cleaned)
    assert (ran.status, ran.report["status"]) == (2, "failed")
    assert f"{SUBSCRIPTION}.csv.gz' can't be read" in ran.message


def test_a_folder_without_a_backup_is_refused_with_a_remedy(tmp_path: Path) -> None:
    settings = read_settings({"output_dir": str(tmp_path)})
    with pytest.raises(InputError, match="holds no backup"):
        backups(settings, tmp_path)
    with pytest.raises(InputError, match="holds no cleanup with a backup"):
        backups(settings, None)


@pytest.mark.slow
def test_object_types_that_no_stream_feeds_are_explained(
    server: EmulatorServer, tmp_path: Path
) -> None:
    scene = Scene.make(server, tmp_path)
    path = scene.cleanup.folder / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    (fed,) = (each for each in report["state"]["by_object"] if each["object"] == INVOICE)
    fed["comes_back"] = "no stream"
    path.write_text(json.dumps(report), encoding="utf-8")
    items = [row["Id"] for name in (INVOICE, "Zuora__InvoiceItem__c", "Zuora__PaymentInvoice__c",
             TAX, "Zuora__RefundInvoicePayment__c")
             for row in scene.zuora.rows[name]]  # fmt: skip
    scene.sync(leave_out=items)
    scene.relink()
    ran = verify(scene)
    assert entry(ran, INVOICE)["why"] == "no stream of the tap feeds it, as the cleanup has told"
    assert entry(ran, INVOICE)["left"] == 0
    assert entry(ran, "Zuora__InvoiceItem__c")["left"] > 0


def test_a_cleanup_that_was_refused_has_left_nothing_to_compare(
    server: EmulatorServer, tmp_path: Path
) -> None:
    config = {"mode": "cleanup", **login(server), "max_records": 1}
    assert run(config, tmp_path).status == 3
    with pytest.raises(InputError, match="holds no cleanup with a backup"):
        backups(read_settings({"output_dir": str(tmp_path)}), None)
