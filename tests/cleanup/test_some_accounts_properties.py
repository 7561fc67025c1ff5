"""Whatever accounts are chosen: what is below them goes, and no other row of anybody's changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.objects import CONTACT
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from tests.cleanup.test_reach_properties import snapshot
from tests.support.below_accounts import ACCOUNT, below
from tests.support.emulated import Emulated
from tests.support.runs import login, run
from tests.support.whole_org import everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.runs import Ran
    from tests.support.whole_org import Rows

MORE = int(os.environ.get("ZUORA360_EXAMPLES", "60"))
RECORDS = 150
PEOPLE = "People__c"
pytestmark = [pytest.mark.quotes_may_change, pytest.mark.rows_may_go(PEOPLE)]
STAMPS = {"SystemModstamp", "LastModifiedDate", "LastModifiedById"}
CONTACTS = ("Zuora__BillToContact__c", "Zuora__SoldToContact__c")
CROSSING = (
    (ACCOUNT, "Zuora__Parent__c", ACCOUNT),
    ("Zuora__Subscription__c", "Zuora__InvoiceOwner__c", ACCOUNT),
    ("Zuora__SubscriptionProductCharge__c", "Zuora__Subscription__c", "Zuora__Subscription__c"),
    ("Zuora__InvoiceItem__c", "Zuora__Subscription__c", "Zuora__Subscription__c"),
    ("Zuora__PaymentInvoice__c", "Zuora__Invoice__c", "Zuora__ZInvoice__c"),
    ("Zuora__Payment__c", "Zuora__Invoice__c", "Zuora__ZInvoice__c"),
    ("Zuora__RefundInvoicePayment__c", "Zuora__InvoicePayment__c", "Zuora__PaymentInvoice__c"),
    (ACCOUNT, "Zuora__Default_Payment_Method__c", "Zuora__PaymentMethod__c"),
    *((ACCOUNT, field, CONTACT) for field in CONTACTS),
)
"""Lookups that may lead from one billing account's rows to another's."""


def rows_before() -> dict[str, int]:
    with open_org(OrgOptions(records=RECORDS, sandbox=True)) as org:
        return {name: count for name, count in org.counts().items() if count}


ROWS = rows_before()
CONDITIONS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Zuora__Batch__c = 'Batch1'": lambda row: row["Zuora__Batch__c"] == "Batch1",
    "Zuora__Batch__c = 'Batch2'": lambda row: row["Zuora__Batch__c"] == "Batch2",
    "Zuora__AccountNumber__c IN ('A00000001', 'A00000004')": (
        lambda row: row["Zuora__AccountNumber__c"] in ("A00000001", "A00000004")
    ),
    "Zuora__Parent__c = null AND Zuora__Batch__c != 'Batch1'": (
        lambda row: row["Zuora__Parent__c"] is None and row["Zuora__Batch__c"] != "Batch1"
    ),
    "Zuora__AccountNumber__c = 'A00000002' OR Zuora__AccountNumber__c = 'A00000003'": (
        lambda row: row["Zuora__AccountNumber__c"] in ("A00000002", "A00000003")
    ),
    "Zuora__AccountNumber__c LIKE 'A%'": lambda _: True,
    "Zuora__AccountNumber__c = 'B1'": lambda _: False,
}


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """An org whose accounts are entangled, with rows of people on them."""
    changes = [
        {
            "object": name,
            "at": draw(st.integers(1, ROWS[name])),
            "values": {field: {"object": to, "at": draw(st.integers(1, ROWS[to]))}},
        }
        for name, field, to in draw(st.lists(st.sampled_from(CROSSING), max_size=4))
    ]
    to = draw(st.sampled_from(sorted(name for name in ROWS if name.startswith("Zuora__Sub"))))
    kind = draw(st.sampled_from(["cascade", "restrict", "set_null", "set_null", "master"]))
    field = {"name": "Ref__c", "type": "reference", "to": [to], "on_delete": kind}
    rows = [
        {
            "object": PEOPLE,
            "values": {"Ref__c": {"object": to, "at": draw(st.integers(1, ROWS[to]))}},
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    objects = [{"name": PEOPLE, "fields": [field]}] if rows else []
    return {"objects": objects, "rows": rows, "changes": changes, "vetoes": _vetoes(draw)}


def _vetoes(draw: st.DrawFn) -> list[dict[str, Any]]:
    if draw(st.integers(0, 4)):
        return []
    name = draw(st.sampled_from(sorted(name for name in ROWS if name.startswith("Zuora__Sub"))))
    return [{"object": name, "every": draw(st.integers(1, 3)), "message": "not this one"}]


SETTINGS = st.fixed_dictionaries(
    {
        "only_accounts": st.sampled_from(sorted(CONDITIONS)),
        "by_file": st.booleans(),
        "allow_cascade_to": st.sampled_from([[], [PEOPLE]]),
        "allow_broken_hierarchies": st.booleans(),
    }
)


@given(shapes(), SETTINGS)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_below_chosen_accounts_goes_and_nothing_else_changes(
    shape: dict[str, Any], chosen: dict[str, Any]
) -> None:
    check(shape, chosen)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_nor_does_it_in_many_more_orgs() -> None:
    @seed(0)
    @settings(max_examples=MORE, deadline=None, suppress_health_check=list(HealthCheck))
    @given(shapes(), SETTINGS)
    def any_org(shape: dict[str, Any], chosen: dict[str, Any]) -> None:
        check(shape, chosen)

    any_org()


def check(shape: dict[str, Any], chosen: dict[str, Any]) -> None:
    condition = chosen["only_accounts"]
    allowed = chosen["allow_cascade_to"] if shape["objects"] else []
    config = {
        "mode": "cleanup", "backup": "full", "only_accounts": condition,
        "allow_cascade_to": allowed,
        "allow_broken_hierarchies": chosen["allow_broken_hierarchies"],
    }  # fmt: skip
    text = json.dumps({key: value for key, value in shape.items() if value})
    options = OrgOptions(records=RECORDS, sandbox=True, shape=text)
    with TemporaryDirectory() as folder, Emulated(options) as server:
        before = everything(server.org)
        accounts = [
            id_ for (name, id_), row in before.items()
            if name == ACCOUNT and CONDITIONS[condition](row)
        ]  # fmt: skip
        if chosen["by_file"] and accounts:
            file = Path(folder) / "accounts.csv"
            file.write_text("Id\n" + "\n".join(accounts) + "\n", encoding="utf-8")
            del config["only_accounts"]
            config["only_accounts_file"] = str(file)
        ran = run({**config, **login(server)}, Path(folder) / "out")
        after = everything(server.org)
        expected = below(server.org, before, accounts)
        problems = [
            *differences(before, after, expected, ran),
            *contacts(before, set(accounts), ran),
        ]
    assert problems == [], f"{ran.status}: {ran.message}"


def contacts(before: Rows, accounts: set[str], ran: Ran) -> Iterator[str]:
    """What is not told of the contacts that only chosen accounts use, in words."""
    used: dict[bool, set[Any]] = {True: set(), False: set()}
    for (name, id_), row in before.items():
        if name == ACCOUNT:
            used[id_ in accounts] |= {row[field] for field in CONTACTS}
    left = len(used[True] - used[False] - {None})
    found = [dict(each["objects"]) for each in ran.report["findings"]
             if each["code"] == "contacts-left"]  # fmt: skip
    if found != ([{CONTACT: left}] if left else []):
        yield f"{left} contacts stay, and {found} is told"
    if ran.status != 2 and len(ran.file("contacts.csv") if left else []) != left:
        yield "contacts.csv names others"


def differences(
    before: Rows, after: Rows, expected: set[tuple[str, str]], ran: Ran
) -> Iterator[str]:
    """What has become of the rows that should not have, in words."""
    allowed = set(ran.report["guards"]["allow_cascade_to"].split(" + "))
    gone = before.keys() - after.keys()
    yield from (f"{row} is gone" for row in gone - expected if row[0] not in allowed)
    if ran.status == 0:
        yield from (f"{row} is left" for row in expected & after.keys())
    elif ran.status in (2, 3) and gone:
        yield "it was refused, and deleted"
    if ran.states and not expected:
        yield "none is chosen, and a state was written"
    told = sum(each["deleted"] or 0 for each in ran.report["objects"])
    own = sum(name.startswith("Zuora__") for name, _ in gone)
    if told != own:
        yield f"{own} rows are gone, and {told} are told"
    links = snapshot(ran)
    # (a sync fills the lookups of what was to go and is held back)
    for name, id_ in after.keys() - expected:
        row = after[name, id_]
        for field, value in before.get((name, id_), row).items():
            if row[field] != value and field not in STAMPS and (id_, field) not in links:
                yield f"{name} {id_} {field}: {value!r} became {row[field]!r}"
