"""A cleanup of some billing accounts: what is below them goes, and all else holds as ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.salesforce.chosen import Chosen
from tests.support.below_accounts import ACCOUNT, below
from tests.support.emulated import Emulated
from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import Ran, login, run, zuora_rows
from tests.support.undoing import SUBSCRIPTIONS, Scene, image
from tests.support.verifying import verify
from tests.support.whole_org import everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

FIRST = "Zuora__AccountNumber__c = 'A00000001'"
CHARGE = "Zuora__SubscriptionProductCharge__c"
CHILD = {"object": ACCOUNT, "at": 3, "values": {"Zuora__Parent__c": {"object": ACCOUNT, "at": 1}}}
pytestmark = pytest.mark.quotes_may_change


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    shape = json.dumps({"changes": [CHILD]})
    with Emulated(OrgOptions(records=300, sandbox=True, shape=shape)) as made:
        yield made


def clean(server: EmulatorServer, folder: Path, condition: str = FIRST, **more: Any) -> Ran:
    given = {"mode": "cleanup", "only_accounts": condition, "allow_broken_hierarchies": True}
    return run({**given, **login(server), **more}, folder)


def ids(server: EmulatorServer, condition: str) -> list[str]:
    with server.org.query(f"SELECT Id FROM {ACCOUNT} WHERE {condition}") as found:
        return [str(row[0]) for row in found.rows(0, 10_000)]


def test_it_tells_how_many_accounts_they_are_and_names_them(
    server: EmulatorServer, tmp_path: Path
) -> None:
    ran = clean(server, tmp_path)
    deleted = sum(each["deleted"] for each in ran.report["objects"])
    assert f"Done: {deleted} records of 1 billing account deleted from" in ran.summary
    assert ran.report["accounts"] == {
        "setting": "only_accounts", "chosen": 1, "of": 15, "not_found": 0,
    }  # fmt: skip
    (account,) = ran.file("accounts.csv")
    assert account["account_number"] == "A00000001"
    assert ran.report["guards"]["only_accounts"] == FIRST


def test_none_chosen_is_nothing_done_and_no_state_written(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = everything(server.org)
    ran = clean(server, tmp_path, "Zuora__AccountNumber__c = 'nobody'")
    assert (ran.status, ran.states, ran.codes) == (0, [], ["no-accounts-chosen"])
    assert "no billing account is chosen" in ran.summary
    assert everything(server.org) == before


@pytest.mark.parametrize("is_allowed", [False, True])
def test_accounts_that_sharing_may_hide_are_not_none(tmp_path: Path, *, is_allowed: bool) -> None:
    shape = {
        "hidden": {"rows": [{"object": ACCOUNT, "at": 1}]},
        "permissions": {"view_all_data": False},
    }
    options = OrgOptions(records=300, sandbox=True, shape=json.dumps(shape))
    with Emulated(options) as server:
        ran = clean(server, tmp_path, allow_hidden_rows=is_allowed)
    assert sorted(ran.codes) == ["cannot-see-everything", "no-accounts-chosen"]
    assert (ran.status, ran.states) == (0 if is_allowed else 3, [])


def test_it_may_be_run_again_when_all_of_them_are_gone(
    server: EmulatorServer, tmp_path: Path
) -> None:
    assert clean(server, tmp_path).states
    ran = clean(server, tmp_path)
    assert (ran.status, ran.states) == (0, [])


@pytest.mark.parametrize(
    ("now", "may_go"),
    [(["A00000001"], True), (["A00000001", "A00000002"], False), (["A00000002"], False)],
)
def test_an_approval_is_of_these_accounts_and_of_no_others(
    server: EmulatorServer, tmp_path: Path, now: list[str], *, may_go: bool
) -> None:
    approved = "Zuora__Batch__c = 'Batch9'"
    put_into_batch(server, ["A00000001"])
    planned = clean(server, tmp_path, approved, mode="plan")
    put_into_batch(server, now)
    before = zuora_rows(server.org)
    ran = clean(server, tmp_path, approved, plan_file=str(planned.folder / "plan.json"))
    assert ("plan-accounts-changed" in ran.codes) is not may_go
    assert (ran.status == 0, zuora_rows(server.org) != before) == (may_go, may_go)


def put_into_batch(server: EmulatorServer, numbers: list[str]) -> None:
    """Have these accounts in the batch, and no others."""
    batches = dict.fromkeys(ids(server, "Zuora__Batch__c = 'Batch9'"), "Batch1")
    listed = ", ".join(f"'{each}'" for each in numbers)
    batches |= dict.fromkeys(ids(server, f"Zuora__AccountNumber__c IN ({listed})"), "Batch9")
    rows = [{"Id": each, "Zuora__Batch__c": batch} for each, batch in batches.items()]
    server.org.dml("update", ACCOUNT, rows)


def test_a_child_that_stays_gets_its_parent_back_by_relink(
    server: EmulatorServer, tmp_path: Path
) -> None:
    zuora = Zuora.of(server.org)
    (child,) = ids(server, "Zuora__AccountNumber__c = 'A00000003'")
    assert clean(server, tmp_path).status == 0
    assert ids(server, f"Id = '{child}' AND Zuora__Parent__c = null")
    # (Zuora's own sync fills it only when the child changes)
    new = zuora.sync(server.org)
    server.org.dml("update", ACCOUNT, [{"Id": child, "Zuora__Parent__c": None}])
    ran = relink(login(server), tmp_path)
    assert ran.status == 0, ran.message
    (parent,) = ids(server, FIRST)
    assert parent in new.values()
    assert ids(server, f"Id = '{child}' AND Zuora__Parent__c = '{parent}'")


def test_verify_says_that_not_all_was_cleaned(server: EmulatorServer, tmp_path: Path) -> None:
    zuora = Zuora.of(server.org)
    assert clean(server, tmp_path).status == 0
    zuora.sync(server.org)
    assert relink(login(server), tmp_path).status == 0
    ran = verify(login(server), tmp_path)
    assert ran.status == 0, ran.message
    assert any("Only some billing accounts" in note for note in ran.report["notes"])


def test_undo_takes_it_back_with_its_state(server: EmulatorServer, tmp_path: Path) -> None:
    scene = Scene.make(
        server, tmp_path, only_accounts=FIRST, allow_broken_hierarchies=True,
        include_objects=SUBSCRIPTIONS,
    )  # fmt: skip
    assert scene.cleanup.status == 0, scene.cleanup.message
    assert image(server.org) != scene.before
    assert scene.undo().status == 0
    assert image(server.org) == scene.before


@pytest.mark.parametrize("each_by_itself", [False, True])
@pytest.mark.parametrize(
    ("condition", "may_go"),
    [
        (FIRST, False),
        ("Zuora__AccountNumber__c = 'A00000002'", False),
        ("Zuora__AccountNumber__c IN ('A00000001', 'A00000002')", True),
        ("Zuora__AccountNumber__c = 'A00000003'", True),
    ],
)
def test_a_row_of_two_accounts_goes_only_where_both_are_chosen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    condition: str,
    *,
    may_go: bool,
    each_by_itself: bool,
) -> None:
    if each_by_itself:
        slices = Chosen.slices
        monkeypatch.setattr(Chosen, "slices", lambda self, _: slices(self, 1))
    other = {"object": "Zuora__Subscription__c", "at": 3}
    change = {"object": CHARGE, "at": 1, "values": {"Zuora__Subscription__c": other}}
    shape = json.dumps({"changes": [change]})
    with Emulated(OrgOptions(records=300, sandbox=True, shape=shape)) as server:
        before = everything(server.org)
        ran = clean(server, tmp_path, condition)
        gone = before.keys() - everything(server.org).keys()
        assert bool(gone) is may_go
    assert ran.status == (0 if may_go else 3), ran.message
    assert sum(each["deleted"] for each in ran.report["objects"]) == len(gone)
    assert ("rows-of-other-accounts" in ran.codes) is not may_go
    if not may_go:
        assert f"1 row of {CHARGE} belongs to a chosen billing account" in ran.message


def test_a_row_of_two_accounts_that_is_left_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices = Chosen.slices
    monkeypatch.setattr(Chosen, "slices", lambda self, _: slices(self, 1))
    other = {"object": "Zuora__Subscription__c", "at": 3}
    change = {"object": CHARGE, "at": 1, "values": {"Zuora__Subscription__c": other}}
    veto = {"object": CHARGE, "every": 1, "message": "no"}
    shape = json.dumps({"changes": [change], "vetoes": [veto]})
    with Emulated(OrgOptions(records=300, sandbox=True, shape=shape)) as server:
        ran = clean(server, tmp_path, "Zuora__AccountNumber__c IN ('A00000001', 'A00000002')")
    refused = {row["id"] for row in ran.file("failures.csv") if row["object"] == CHARGE}
    (told,) = (each for each in ran.report["objects"] if each["api_name"] == CHARGE)
    assert refused
    assert (told["found"], told["deleted"], told["failed"]) == (len(refused), 0, len(refused))


@pytest.mark.slow
def test_more_accounts_than_one_query_names_go_as_well(tmp_path: Path) -> None:
    condition = "Zuora__AccountNumber__c > 'A00000010'"
    with Emulated(OrgOptions(records=20_000, sandbox=True)) as server:
        before, chosen = everything(server.org), ids(server, condition)
        assert len(chosen) > 800
        expected = below(server.org, before, chosen)
        ran = clean(server, tmp_path, condition)
        assert ran.status == 0, ran.message
        assert before.keys() - everything(server.org).keys() == expected
    assert sum(each["deleted"] for each in ran.report["objects"]) == len(expected)
