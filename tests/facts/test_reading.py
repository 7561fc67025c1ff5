"""The facts of whole orgs, read over HTTP: what is reached, what is hidden, what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.facts.reading import read_facts
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.plan.making import make_plan
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.plan.cases import reference
from tests.support.emulated import Emulated, shape
from tests.support.runs import login

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.facts.org_facts import OrgFacts

INVOICE, SUBSCRIPTION, PAYMENT = "Zuora__ZInvoice__c", "Zuora__Subscription__c", "Zuora__Payment__c"
ITEM = "Zuora__InvoiceItem__c"
ACCOUNTS = {"object_groups": ["accounts"]}


def org(shaped: str | dict[str, Any] = "", **options: Any) -> Emulated:
    """An org with a shape: one of those in `tests/data/shapes`, or its data."""
    text = json.dumps(shaped) if isinstance(shaped, dict) else shaped and shape(shaped)
    return Emulated(OrgOptions(**{"records": 400, "sandbox": True, **options}, shape=text))


def read(server: EmulatorServer, **config: Any) -> OrgFacts:
    settings = read_settings({**login(server), **config})
    return read_facts(connect(settings, waits=NO_WAITS), settings)


GOES_ALONG: dict[str, Any] = {"lookup_links": "ignore"}
"""Without a snapshot nothing is detached."""


def reached(facts: OrgFacts) -> dict[str, int | str]:
    """By the whole way: how many rows, or why nobody can tell; quotes are left out."""
    return {
        f"{path.on_delete} {path.words}": rows.value if isinstance(rows, Known) else rows.why
        for path, rows in facts.reach.items()
        if not path.child.startswith("zqu__")
    }


def test_what_people_have_hung_on_records_is_counted_way_by_way_and_at_every_depth() -> None:
    with org("people") as server:
        facts = read(server, **ACCOUNTS, **GOES_ALONG)
        counts = server.org.counts()
    subscriptions, invoices = counts[SUBSCRIPTION], counts[INVOICE]
    step = "Milestone_Step__c.Milestone__c below Milestone__c.Subscription__c"
    assert reached(facts) == {
        "cascade Task.WhatId": subscriptions // 10 + 1,
        "cascade Event.WhatId": 1,
        "cascade Note.ParentId": invoices // 20,
        "cascade Attachment.ParentId": 1,
        "cascade ContentDocumentLink.LinkedEntityId": 1,
        "cascade FeedItem.ParentId": 1,
        "clear EmailMessage.RelatedToId": 1,
        "cascade TopicAssignment.EntityId": 1,
        "cascade Milestone__c.Subscription__c": counts["Milestone__c"],
        f"cascade {step}": counts["Milestone_Step__c"],
        f"restrict Sign_Off__c.Step__c below {step}": 1,
    }
    (held,) = facts.holders.values()
    assert len(held.or_else(())) == 1


def test_what_may_be_blank_is_detached_and_nothing_below_it_is_reached() -> None:
    with org("people") as server:
        facts = read(server, **ACCOUNTS, allow_cascade_to=["Event"])
        counts = server.org.counts()
    found = reached(facts)
    assert {name: rows for name, rows in found.items() if name.startswith("detach")} == {
        "detach Task.WhatId": counts[SUBSCRIPTION] // 10 + 1,
        "detach Milestone__c.Subscription__c": counts["Milestone__c"],
    }
    assert {"cascade Event.WhatId", "cascade Note.ParentId"} < found.keys()
    assert not [name for name in found if "Milestone_Step__c" in name]
    assert facts.holders == {}


def test_of_what_is_hidden_objects_and_lookups_are_found_in_the_metadata() -> None:
    with org("hidden") as server:
        facts = read(server, **ACCOUNTS)
    assert facts.hidden == Known(
        tuple(
            Relationship(name, "Invoice__c", INVOICE, "cascade")
            for name in ("Memo__c", "Secret__c")
        )
    )
    assert facts.conditions.may_view_all == Known(value=False)


def test_metadata_that_came_short_leaves_unknown_what_is_hidden() -> None:
    secret = {"name": "Secret__c", "fields": [reference("Of__c", INVOICE, "cascade")]}
    with org({"objects": [secret], "hidden": {"objects": ["Secret__c"]}}) as server:
        server.set_faults({"requests": [{"path": "*/tooling/query", "spoil": "short"}]})
        facts = read(server, **ACCOUNTS)
    assert isinstance(facts.hidden, Unknown)
    assert "SHORT_RESULT" in facts.hidden.why


@pytest.mark.parametrize(
    ("given", "is_seen"),
    [({}, True), ({"lapsed": "expired"}, False), ({"lapsed": "session"}, False)],
)
def test_view_all_of_a_permission_set_counts_only_while_it_gives_anything(
    given: dict[str, str],
    is_seen: bool,  # noqa: FBT001 - a table
) -> None:
    rights = {"view_all_data": False, "objects": {INVOICE: {"view_all": True, **given}}}
    with org({"permissions": rights}) as server:
        viewed = read(server, **ACCOUNTS).conditions.viewed_objects
    assert viewed == Known(frozenset({INVOICE} if is_seen else ()))


def test_one_relationship_that_is_refused_leaves_the_others_counted() -> None:
    refusal = {"code": "INSUFFICIENT_ACCESS", "message": "no access", "status": 403}
    with org("people") as server:
        server.set_faults({"queries": [{"soql": "*COUNT(*FROM Milestone__c*", **refusal}]})
        found = reached(read(server, **ACCOUNTS, **GOES_ALONG))
    assert found["cascade Milestone__c.Subscription__c"] == "INSUFFICIENT_ACCESS: no access"
    assert found["cascade Note.ParentId"]
    assert not [name for name in found if "Milestone_Step__c" in name]


def test_an_object_that_may_not_be_queried_is_not_taken_for_an_empty_one() -> None:
    made = {
        "objects": [
            {"name": "Vault__c", "flags": ["not_queryable"],
             "fields": [reference("Of__c", INVOICE, "cascade")]},
        ]
    }  # fmt: skip
    with org(made) as server:
        found = reached(read(server, **ACCOUNTS))
    assert found == {"detach Vault__c.Of__c": "its describe says that this user may not query it"}


CIRCLING = {f"{PAYMENT}.Invoice__c", f"{INVOICE}.Payment__c"}
CIRCLE = {
    "fields": [
        {"object": PAYMENT, **reference("Invoice__c", INVOICE, "restrict")},
        {"object": INVOICE, **reference("Payment__c", PAYMENT, "cascade")},
    ]
}  # fmt: skip


@pytest.mark.parametrize("is_used", [True, False])
def test_a_circle_of_object_types_counts_where_rows_use_all_of_it(is_used: bool) -> None:  # noqa: FBT001 - a table
    changes = [
        {"object": PAYMENT, "at": 1, "values": {"Invoice__c": {"object": INVOICE, "at": 1}}},
        {"object": INVOICE, "at": 2, "values": {"Payment__c": {"object": PAYMENT, "at": 2}}},
    ]
    with org({**CIRCLE, "changes": changes[: 2 if is_used else 1]}) as server:
        facts = read(server, **ACCOUNTS)
    into_each_other = {each.name for each in facts.relationships} & CIRCLING
    assert into_each_other == CIRCLING
    assert {each.name for each in facts.circles} == (CIRCLING if is_used else set())


OVER = {
    "objects": [{"name": "Part__c", "fields": [reference("Item__c", ITEM, "cascade")]}],
    "fields": [{"object": INVOICE, **reference("Part__c", "Part__c", "cascade")}],
    "rows": [{"object": "Part__c", "values": {"Item__c": {"object": ITEM, "at": 1}}}],
}  # fmt: skip


@pytest.mark.parametrize("is_used", [True, False])
def test_a_circle_over_rows_of_others_is_found_and_leaves_an_order(is_used: bool) -> None:  # noqa: FBT001 - a table
    part = {"object": INVOICE, "at": 2, "values": {"Part__c": {"object": "Part__c", "at": 1}}}
    with org({**OVER, "changes": [part] * is_used}) as server:
        facts = read(server, **ACCOUNTS, **GOES_ALONG)
    over = Relationship(INVOICE, "Part__c", ITEM, "cascade")
    assert [each.as_one for each in facts.through] == [over]
    assert (over in facts.circles) is is_used
    assert (over in facts.idle) is not is_used
    steps = [step.name for step in make_plan(facts, read_settings({}), Pipeline()).steps]
    assert sorted(steps) == sorted(facts.names)
    assert is_used or steps.index(ITEM) < steps.index(INVOICE)


NEWER = {
    "objects": [
        {"name": "Zuora__Order_Line__c", "fields": [
            {**reference("Invoice__c", INVOICE, "master")},
            {"name": "Zuora__Line_Id__c", "type": "string", "external_id": True},
        ]},
    ],
    "rows": [
        {"object": "Zuora__Order_Line__c",
         "values": {"Invoice__c": {"each": INVOICE, "every": 10}, "Zuora__Line_Id__c": "L{n}"}},
    ],
}  # fmt: skip


def test_a_package_object_that_is_not_listed_is_a_step_of_its_own_unless_it_is_left_alone() -> None:
    with org(NEWER) as server:
        facts = read(server, **ACCOUNTS, stream_objects={"lines": "Zuora__Order_Line__c"})
        apart = read(server, **ACCOUNTS, exclude_objects=["Zuora__Order_Line__c"])
        rows = server.org.counts()["Zuora__Order_Line__c"]
    (line,) = [each for each in facts.objects if each.kind.api_name == "Zuora__Order_Line__c"]
    assert line.found == Known(rows)
    assert line.keys == ("Zuora__Line_Id__c",)
    assert line.kind.streams == ("Order_Line", "lines")
    assert reached(facts) == {}
    assert "Zuora__Order_Line__c" not in apart.names
    assert reached(apart) == {"cascade Zuora__Order_Line__c.Invoice__c": rows}


@pytest.mark.parametrize(
    "config",
    [
        {"allow_cascade_to": ["Gone__c"]},
        {"exclude_objects": ["Zuora__Gone__c"]},
        {"stream_objects": {"gone": "Zuora__Gone__c"}},
    ],
)
def test_a_name_that_matches_nothing_in_the_org_is_a_mistake(config: dict[str, Any]) -> None:
    with org() as server, pytest.raises(InputError, match=r"has no object '(Zuora__)?Gone__c'"):
        read(server, **config)


REFUND = "Zuora__Refund__c"


def test_object_types_that_are_not_shown_are_named_where_others_of_their_package_are() -> None:
    with org(not_visible=frozenset({REFUND})) as server:
        assert read(server).unseen == (REFUND,)
        assert read(server, object_groups=["product_catalog"]).unseen == ()


def test_an_object_type_that_a_user_has_named_is_missed_whatever_else_is_there() -> None:
    with org(without_packages=frozenset({"Zuora"})) as server:
        assert read(server).unseen == ()
        assert read(server, include_objects=["Product2", REFUND]).unseen == (REFUND,)


def test_a_package_that_is_installed_and_not_shown_at_all_is_missed() -> None:
    with org() as server:
        names = frozenset(name for name in server.org.counts() if name.startswith("zqu__"))
    made = {"hidden": {"fields": ["Product2.zqu__ZuoraId__c"]}}
    with org(made, not_visible=names) as server:
        facts = read(server)
    assert "zqu__ProductRatePlan__c" in facts.unseen
    assert "Product2" in facts.unseen
    assert facts.quote_objects == ()


def test_a_filter_that_can_not_be_read_leaves_its_object_out_and_is_told() -> None:
    with org({"hidden": {"fields": ["Product2.zqu__ZuoraId__c"]}}) as server:
        facts = read(server)
    assert facts.unfiltered == ("Product2",)
    assert "Product2" not in facts.names
    assert facts.unseen == ()


def test_lookups_to_rows_without_a_key_are_counted_row_by_row() -> None:
    made = {
        "objects": [{"name": "Visit__c", "fields": [reference("Of__c", INVOICE, "set_null")]}],
        "changes": [{"object": INVOICE, "at": 1, "values": {"Zuora__External_Id__c": None}}],
        "rows": [
            {"object": "Visit__c", "count": 2, "values": {"Of__c": {"object": INVOICE, "at": 1}}},
            {"object": "Visit__c", "values": {"Of__c": {"object": INVOICE, "at": 2}}},
        ],
    }
    with org(made) as server:
        facts = read(server, **ACCOUNTS)
    assert reached(facts) == {"clear Visit__c.Of__c": 3}
    assert list(facts.keyless_links.values()) == [Known(2)]
    (invoices,) = [each for each in facts.objects if each.kind.api_name == INVOICE]
    assert invoices.keyless.rows == Known(1)
    assert len(invoices.keyless.first) == 1


def test_where_the_metadata_does_not_answer_what_is_hidden_is_unknown() -> None:
    with org() as server:
        server.set_faults({"requests": [{"path": "/services/data/*/tooling/*", "status": 403}]})
        assert isinstance(read(server, **ACCOUNTS).hidden, Unknown)
