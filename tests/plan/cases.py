"""For each check a case in which it finds something, and one in which it doesn't.

A new check has its two cases here: `CASES` hands facts to it, `ORGS` has them read from an emulated
org, so that a fact that is read wrongly shows too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, BY_NAME, QUOTE_PREFIX
from target_zuora360_cleanup.catalog.own_fields import OwnField
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema.reading import load_objects
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.facts.org_facts import (
    Accounts,
    Beside,
    Keyless,
    ObjectFacts,
    OrgConditions,
    OrgFacts,
    OrgInfo,
    OwnValues,
    RunningSync,
)
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.plan.allowances import BATCHES, CALLS, QUERY_JOBS, QUERY_MB
from target_zuora360_cleanup.plan.check import Approval, Weighed
from target_zuora360_cleanup.plan.saved import SavedPlan
from target_zuora360_cleanup.reach import Path, Relationship
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.paths import TESTS
from tests.support.runs import ALLOWED, Ran, login, run

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from target_zuora360_cleanup.reach import OnDelete

INVOICE, PLAN = "Zuora__ZInvoice__c", "zqu__ProductRatePlan__c"
ITEM = "Zuora__InvoiceItem__c"
ID = "00D5g0000000001EAA"
PRICES_NOT_NAMED = {"allow_cascade_to": [], "keep_quoted_products": False}
OWN_PRICE_BOOK = {"object": "Pricebook2", "at": 1, "values": {"IsStandard": False}}
REFUSED = Unknown("INSUFFICIENT_ACCESS: no access", is_refused=True)
CALM = OrgFacts(
    OrgInfo(ID, "Acme", is_sandbox=True),
    (
        ObjectFacts(
            BY_NAME[INVOICE],
            ("Zuora__External_Id__c",),
            "a01",
            found=Known(7),
            oldest=Known("2020-05-01"),
            keyless=Keyless(Known(0)),
        ),
    ),
    conditions=OrgConditions(
        quotes_version=Known("9.12"),
        config_version=Unknown("the org has none"),
        running_syncs={"Apex jobs": Known(())},
        scheduled_syncs=Known(()),
        triggers=Known(()),
        record_counts=Known({}),
        allowances=Known(
            {
                "DataStorageMB": (1000, 900),
                **dict.fromkeys((CALLS, BATCHES, QUERY_JOBS, QUERY_MB), (100_000, 90_000)),
            }
        ),
        may_hard_delete=Known(value=True),
        may_modify_all=Known(value=True),
        may_view_all=Known(value=True),
        may_query_all_files=Known(value=True),
        user=Known("ann@acme.example"),
    ),
    hidden=Known(()),
    hidden_fields=Known(()),
)
"""An org of which everything is known, and in which nothing stands against a cleanup."""
PRODUCTION = replace(CALM, org=OrgInfo(ID, "Acme", is_sandbox=False))
SAVED = SavedPlan(
    "2026-01-01T00:00:00+00:00",
    ID,
    "Acme",
    {"backup": "ids"},
    {"a": 1},
    {"b": 5},
    "https://acme.example",
    "ann@acme.example",
    "1.0",
    {"View All Data": True},
    {"clear Case.Ref__c into c": 4},
    {"chosen": 4, "digest": "f00d"},
)


def weighed(
    facts: OrgFacts = CALM,
    pipeline: Pipeline | None = None,
    approval: Approval | None = None,
    **config: Any,
) -> Weighed:
    """What a check looks at; settings by their names."""
    return Weighed(facts, read_settings(config), pipeline or Pipeline(), approval)


def way(on_delete: OnDelete, *names: str, top: str = INVOICE) -> Path:
    """A way down from the invoices, over cascades, to rows to which `on_delete` is done."""
    pairs = list(pairwise((top, *names)))
    cascades = [Relationship(child, "Ref__c", parent, "cascade") for parent, child in pairs[:-1]]
    parent, child = pairs[-1]
    return Path((*cascades, Relationship(child, "Ref__c", parent, on_delete)))


def priced(own: Fact[int]) -> OrgFacts:
    """An org with three prices, so many of them people's own."""
    path = Path((Relationship("PricebookEntry", "Product2Id", "Product2", "cascade"),))
    return replace(CALM, reach={path: Known(3)}, own_prices=own)


def linked(
    on_delete: OnDelete, *names: str, rows: Fact[int] | int = 3, facts: OrgFacts = CALM, **more: Any
) -> OrgFacts:
    """Rows of another object that point to the invoices, maybe over others."""
    path = way(on_delete, *(names or ("Note__c",)))
    counted = Known(rows) if isinstance(rows, int) else rows
    return replace(facts, relationships=path.links[:1], reach={path: counted}, **more)


def joined(
    name: str = "EntitySubscription", field: str = "ParentId",
    keyless: Fact[int] = Known(0), keys: tuple[str, ...] = ("Key__c",),  # noqa: B008 - frozen
) -> OrgFacts:  # fmt: skip
    """Rows that join invoices to something else."""
    path = Path((Relationship(name, field, INVOICE, "cascade"),))
    invoices = replace(CALM.objects[0], keys=keys, keyless=Keyless(keyless))
    return replace(CALM, objects=(invoices,), reach={path: Known(3)})


def filed(may_see: Fact[bool]) -> OrgFacts:
    """Files may be on the invoices, whether this user sees them or not."""
    links = linked("cascade", "ContentDocumentLink", rows=0)
    return replace(links, conditions=replace(links.conditions, may_query_all_files=may_see))


def filled(rows: Fact[int], **more: Any) -> OrgFacts:
    """Invoices of which people have filled a field of their own."""
    own = OwnValues((OwnField("Region__c", "string", **more),), {"Region__c": rows})
    return replace(CALM, own_values={INVOICE: own})


def held_by(*ids: str) -> OrgFacts:
    """Rows that forbid the deletion of the invoices, of which the first are known."""
    facts = linked("restrict")
    return replace(facts, holders=dict.fromkeys(facts.reach, Known(ids)))


def changed(**values: Any) -> OrgFacts:
    """Another invoice type."""
    return replace(CALM, objects=(replace(CALM.objects[0], **values),))


def around(facts: OrgFacts = CALM, **values: Any) -> OrgFacts:
    """Other conditions."""
    return replace(facts, conditions=replace(facts.conditions, **values))


CATALOG = replace(
    CALM,
    objects=(ObjectFacts(BY_NAME[PLAN], found=Known(7), keyless=Keyless(Known(0))),),
    quote_objects=("zqu__QuoteRatePlan__c",),
    beside=Beside((ObjectFacts(BY_NAME["zqu__ProductRatePlanCharge__c"], found=Known(3)),)),
)
QUOTED = replace(CATALOG, reach={way("clear", "zqu__QuoteRatePlan__c", top=PLAN): Known(2)})
NOT_COUNTED = linked("clear", rows=REFUSED)
NO = Known(value=False)
LIMITED = around(may_modify_all=NO, may_view_all=NO)
"""A user who may not see everything."""
HIDDEN = replace(CALM, hidden=Known((Relationship("Secret__c", "Of__c", INVOICE, "cascade"),)))
HIDDEN_FIELD = replace(CALM, hidden_fields=Known((f"{INVOICE}.Remark__c",)))
HIDDEN_LINK = replace(CALM, hidden=Known((Relationship("Secret__c", "Of__c", INVOICE, "clear"),)))
CIRCLE = (Relationship("Zuora__Payment__c", "Of__c", INVOICE, "restrict"),
          Relationship(INVOICE, "By__c", "Zuora__Payment__c", "cascade"))  # fmt: skip
RUNNING = {"Apex jobs": Known((RunningSync("Apex job Zuora.Sync", "707", "2026-01-01 10:00"),))}


def limited(chosen: int, all_: Fact[int] | int = 9, **more: Any) -> OrgFacts:
    """A cleanup of some billing accounts only."""
    known = Known(all_) if isinstance(all_, int) else all_
    return replace(CALM, accounts=Accounts("only_accounts_file", chosen, known, "f00d", **more))


def alone(contacts: Fact[int]) -> OrgFacts:
    """The same, of accounts that have contacts of their own."""
    account = replace(CALM.objects[0], kind=BY_NAME[BILLING_ACCOUNT])
    return replace(limited(4, contacts=contacts), objects=(account,))


CHARGE = "Zuora__SubscriptionProductCharge__c"
ORPHANS = Path((Relationship(BILLING_ACCOUNT, "Zuora__Parent__c", BILLING_ACCOUNT, "clear"),))


def approved(**values: Any) -> Approval:
    """A saved plan, and one of today that differs from it."""
    return Approval(SAVED, replace(SAVED, made_at="", **values))


def meltano(**values: str) -> Pipeline:
    """The Meltano run around a cleanup."""
    return Pipeline(**values)


Pair: TypeAlias = tuple[Weighed, Weighed]
CASES: dict[str, tuple[Pair, ...]] = {
    "no-360-objects": ((weighed(replace(CALM, objects=())), weighed()),),
    "production-not-confirmed": (
        (weighed(PRODUCTION), weighed(PRODUCTION, confirm_org_id=ID)),
        (weighed(PRODUCTION), weighed(CALM)),
    ),
    "other-org-confirmed": (
        (weighed(PRODUCTION, confirm_org_id=ID.replace("1", "2")),
         weighed(PRODUCTION, confirm_org_id=ID[:15])),
        (weighed(CALM, confirm_org_id="00D5g0000000002"), weighed(CALM, confirm_org_id=ID)),
        (weighed(CALM, confirm_org_id="00D5g0000000002"), weighed(CALM)),
    ),
    "some-accounts-only": (
        (weighed(limited(4)), weighed(limited(9))),
        (weighed(limited(4, REFUSED)), weighed(limited(0))),
        (weighed(limited(9, 8)), weighed()),
    ),
    "all-accounts-chosen": ((weighed(limited(9)), weighed(limited(9, REFUSED))),),
    "no-accounts-chosen": (
        (weighed(replace(limited(0), objects=())), weighed()),
        (weighed(limited(0)), weighed(limited(1))),
    ),
    "accounts-not-found": (
        (weighed(limited(4, missing=2, first_missing=("A1", "A2"))), weighed(limited(4))),
    ),
    "accounts-not-told-apart": (
        (weighed(limited(4, doubtful=1, first_doubtful=("A1",))), weighed(limited(4))),
    ),
    "contacts-left": (
        (weighed(alone(Known(2))), weighed(alone(Known(0)))),
        (weighed(alone(REFUSED)), weighed(limited(4, contacts=REFUSED))),
    ),
    "hierarchies-broken": (
        (weighed(replace(limited(4), reach={ORPHANS: Known(2)})), weighed(limited(4))),
        (weighed(replace(limited(4), reach={ORPHANS: Known(2)}), allow_broken_hierarchies=True),
         weighed(replace(CALM, reach={ORPHANS: Known(2)}))),
    ),
    "rows-of-other-accounts": (
        (weighed(replace(limited(4), shared={CHARGE: Known(2)})), weighed(limited(4))),
        (weighed(replace(limited(4), shared={CHARGE: REFUSED})), weighed(limited(4))),
    ),
    "too-many-records": ((weighed(max_records=6), weighed(max_records=7)),),
    "nothing-to-delete": (
        (weighed(changed(found=Known(0))), weighed(changed(found=Known(1)))),
        (weighed(changed(found=Known(0))), weighed(replace(CALM, objects=()))),
        (weighed(changed(found=Known(0))), weighed(changed(found=REFUSED))),
        (weighed(replace(changed(found=Known(1)), kept={INVOICE: frozenset({"a"})})),
         weighed(replace(changed(found=Known(2)), kept={INVOICE: frozenset({"a"})}))),
    ),
    "filter-not-readable": ((weighed(replace(CALM, unfiltered=("Product2",))), weighed()),),
    "may-not-delete": ((weighed(changed(deletable=False)), weighed()),),
    "may-not-read": ((weighed(changed(found=REFUSED)), weighed(changed(found=Known(0)))),),
    "may-not-hard-delete": (
        (weighed(around(may_hard_delete=Known(value=False)), hard_delete=True),
         weighed(around(may_hard_delete=Known(value=False)))),
        (weighed(around(may_hard_delete=REFUSED), hard_delete=True),
         weighed(around(may_hard_delete=REFUSED))),
    ),
    "prices-taken-along": (
        (weighed(priced(Known(0))), weighed(priced(Known(0)), allow_cascade_to=["PricebookEntry"])),
        (weighed(priced(Known(0))), weighed(priced(Known(0)), backup="none")),
        (weighed(priced(Known(0))), weighed(priced(Known(1)))),
    ),
    "own-prices-taken-along": (
        (weighed(priced(Known(1))), weighed(priced(Known(1)), allow_cascade_to=["PricebookEntry"])),
        (weighed(priced(REFUSED)), weighed(priced(Known(0)))),
        (weighed(priced(Known(0)), backup="none"), weighed(priced(Known(0)))),
    ),
    "customer-rows-taken-along": (
        (weighed(linked("cascade")), weighed(linked("cascade"), allow_cascade_to=["Note__c"])),
        (weighed(linked("cascade")), weighed(linked("clear"))),
        (weighed(linked("cascade")), weighed(linked("cascade", rows=0))),
        (weighed(linked("cascade", "A__c", "B__c"), allow_cascade_to=["A__c"]),
         weighed(linked("cascade", "A__c", "B__c"), allow_cascade_to=["B__c"])),
        (weighed(linked("cascade", "Task")), weighed(linked("cascade", "TopicAssignment"))),
    ),
    "own-values": (
        (weighed(filled(Known(3))), weighed(filled(Known(0)))),
        (weighed(filled(REFUSED)), weighed(filled(Known(3), may_be_set=False))),
        (weighed(filled(Known(3)), keep_own_values=False), weighed()),
    ),
    "own-values-not-kept": (
        (weighed(filled(Known(3), may_be_set=False)), weighed(filled(Known(3)))),
        (weighed(filled(Known(3), leads_to_cleaned=True)),
         weighed(filled(Known(0), leads_to_cleaned=True))),
    ),
    "rows-detached": (
        (weighed(linked("detach", "Task")), weighed(linked("cascade", "Task"))),
        (weighed(linked("detach")), weighed(linked("detach", rows=0))),
    ),
    "allowed-rows-taken-along": (
        (weighed(linked("cascade"), allow_cascade_to=["Note__c"]), weighed(linked("cascade"))),
        (weighed(linked("cascade", "A__c", "B__c"), allow_cascade_to=["B__c"]),
         weighed(linked("cascade", "A__c", "B__c"), allow_cascade_to=["A__c"])),
    ),
    "package-rows-taken-along": (
        (weighed(linked("cascade", "Zuora__InvoiceItem__c")), weighed(linked("cascade"))),
        (weighed(linked("cascade", "A__c", "zqu__Quote__c")),
         weighed(linked("restrict", "A__c", "zqu__Quote__c"))),
    ),
    "rows-made-again": (
        (weighed(joined()), weighed(joined(), lookup_links="ignore")),
        (weighed(joined("ContentDocumentLink", "LinkedEntityId")),
         weighed(joined("ContentDocumentLink", "LinkedEntityId"), lookup_links="ignore")),
        (weighed(joined()), weighed(joined(keyless=Known(1)))),
        (weighed(joined()), weighed(joined(keyless=REFUSED))),
        (weighed(joined()), weighed(joined(keys=()))),
        (weighed(joined()), weighed(joined(), allow_cascade_to=["EntitySubscription"])),
    ),
    "files-may-be-hidden": (
        (weighed(filed(NO)), weighed(filed(Known(value=True)))),
        (weighed(filed(REFUSED)), weighed(linked("cascade", "FeedItem"))),
    ),
    "marks-taken-along": (
        (weighed(linked("cascade", "EntitySubscription")), weighed(linked("cascade", "FeedItem"))),
        (weighed(linked("cascade", "ProcessInstance")),
         weighed(linked("cascade", "ProcessInstance", rows=0))),
    ),
    "objects-hold-each-other": ((weighed(replace(CALM, circles=CIRCLE)), weighed()),),
    "rows-not-counted": (
        (weighed(NOT_COUNTED), weighed(linked("clear"))),
        (weighed(NOT_COUNTED, lookup_links="ignore"), weighed(linked("clear", rows=0))),
        (weighed(linked("cascade", "EntitySubscription", rows=REFUSED)), weighed()),
        (weighed(linked("restrict", "A__c", "B__c", rows=REFUSED)), weighed()),
    ),
    "links-without-key": (
        (weighed(replace(linked("clear"), keyless_links={way("clear", "Note__c"): Known(1)})),
         weighed(linked("clear"))),
        (weighed(replace(linked("clear"), keyless_links={way("clear", "Note__c"): REFUSED}),
                 lookup_links="ignore"),
         weighed(replace(linked("clear", rows=0),
                         keyless_links={way("clear", "Note__c"): Known(1)}))),
    ),
    "rows-hold-records": (
        (weighed(linked("restrict")), weighed(linked("restrict", rows=0))),
        (weighed(held_by("a01")), weighed(linked("cascade"))),
    ),
    "lookups-go-blank": (
        (weighed(linked("clear")), weighed(linked("cascade"))),
        (weighed(linked("clear", "Zuora__InvoiceItem__c")), weighed(NOT_COUNTED)),
        (weighed(linked("clear"), lookup_links="refuse"), weighed(linked("clear", rows=0))),
    ),
    "sync-running": (
        (weighed(around(running_syncs=RUNNING)), weighed()),
        (weighed(around(running_syncs={"syncs": REFUSED, **RUNNING})),
         weighed(around(running_syncs={"syncs": REFUSED}))),
    ),
    "sync-scheduled": (
        (weighed(around(scheduled_syncs=Known((("Zuora 360 Sync", "2027-12-01 10:00"),)))),
         weighed(around(scheduled_syncs=REFUSED))),
    ),
    "delete-triggers": (
        (weighed(around(triggers=Known(((INVOICE, "OnInvoice"),)))),
         weighed(around(triggers=Known((("Usage_Note__c", "OnNote"),))))),
        (weighed(around(triggers=Known(((INVOICE, "OnInvoice"),)))),
         weighed(around(changed(found=Known(0)), triggers=Known(((INVOICE, "OnInvoice"),))))),
    ),
    "quotes-version-unknown": (
        (weighed(around(CATALOG, quotes_version=REFUSED)), weighed(around(quotes_version=REFUSED))),
    ),
    "quotes-too-old": (
        (weighed(around(CATALOG, quotes_version=Known("2.99"))),
         weighed(around(CATALOG, quotes_version=Known("3.0")))),
    ),
    "quotes-versions-differ": (
        (weighed(around(CATALOG, config_version=Known("2.9"))),
         weighed(around(CATALOG, config_version=Known("3.0")))),
        (weighed(around(CATALOG, config_version=Known("2.9"))),
         weighed(around(CATALOG, config_version=REFUSED))),
    ),
    "quotes-not-seen": (
        (weighed(replace(CATALOG, quote_objects=())), weighed(CATALOG)),
        (weighed(replace(CATALOG, quote_objects=())),
         weighed(replace(CATALOG, quote_objects=()), keep_quoted_products=False)),
        (weighed(replace(CATALOG, quote_objects=())), weighed()),
    ),
    "quotes-not-traced": (
        (weighed(replace(CATALOG, beside=Beside((ObjectFacts(BY_NAME["zqu__ZProduct__c"],
                                                             found=REFUSED),)))),
         weighed(CATALOG)),
        (weighed(replace(CATALOG, beside=Beside())), weighed(CATALOG)),
        (weighed(replace(CATALOG, beside=Beside())),
         weighed(replace(CATALOG, beside=Beside()), keep_quoted_products=False)),
        (weighed(replace(CATALOG, beside=Beside())),
         weighed(replace(CATALOG, beside=Beside(), quote_objects=()))),
    ),
    "quotes-lose-products": (
        (weighed(QUOTED, keep_quoted_products=False), weighed(QUOTED)),
        (weighed(QUOTED, keep_quoted_products=False), weighed(CATALOG, keep_quoted_products=False)),
    ),
    "rows-may-be-hidden": (
        (weighed(around(LIMITED, record_counts=Known({INVOICE: 58}))),
         weighed(around(LIMITED, record_counts=Known({INVOICE: 57})))),
        (weighed(around(LIMITED, may_modify_all=REFUSED, record_counts=Known({INVOICE: 99}))),
         weighed(around(may_modify_all=NO, record_counts=Known({INVOICE: 99})))),
        (weighed(around(LIMITED, record_counts=Known({INVOICE: 99}))),
         weighed(around(LIMITED, record_counts=REFUSED))),
    ),
    "cannot-see-everything": (
        (weighed(LIMITED), weighed(around(LIMITED, viewed_objects=Known(frozenset({INVOICE}))))),
        (weighed(around(LIMITED, viewed_objects=REFUSED), allow_hidden_rows=True), weighed()),
        (weighed(around(may_modify_all=REFUSED, may_view_all=REFUSED)),
         weighed(around(may_modify_all=NO))),
    ),
    "relationships-hidden": (
        (weighed(HIDDEN), weighed()),
        (weighed(HIDDEN, allow_hidden_rows=True), weighed(replace(CALM, hidden=REFUSED))),
        (weighed(HIDDEN_LINK, allow_hidden_rows=True), weighed()),
    ),
    "fields-hidden": (
        (weighed(HIDDEN_FIELD), weighed()),
        (weighed(HIDDEN_FIELD, allow_hidden_rows=True),
         weighed(replace(CALM, hidden_fields=REFUSED))),
    ),
    "relationships-not-checked": (
        (weighed(replace(CALM, hidden=REFUSED)), weighed(HIDDEN)),
        (weighed(replace(CALM, hidden_fields=REFUSED)), weighed(HIDDEN_FIELD)),
        (weighed(replace(CALM, hidden=REFUSED, hidden_fields=REFUSED)), weighed()),
        (weighed(replace(CALM, hidden=REFUSED), allow_hidden_rows=True),
         weighed(replace(changed(found=Known(0)), hidden=REFUSED))),
    ),
    "objects-not-seen": ((weighed(replace(CALM, unseen=("Zuora__Refund__c",))), weighed()),),
    "sync-not-checked": (
        (weighed(around(running_syncs={"Apex jobs": REFUSED})), weighed()),
        (weighed(around(running_syncs={"Apex jobs": REFUSED}), ignore_running_sync=True),
         weighed(around(running_syncs=RUNNING))),
    ),
    "not-checked": (
        (weighed(around(triggers=REFUSED)), weighed(around(triggers=Unknown("not asked")))),
        (weighed(around(scheduled_syncs=REFUSED)), weighed(around(allowances=REFUSED))),
        (weighed(around(config_version=REFUSED)), weighed(around(quotes_version=REFUSED))),
        (weighed(around(may_modify_all=REFUSED)), weighed(around(may_hard_delete=REFUSED))),
        (weighed(around(user=REFUSED)), weighed(around(viewed_objects=REFUSED))),
        (weighed(around(LIMITED, record_counts=REFUSED)), weighed(around(record_counts=REFUSED))),
        (weighed(around(LIMITED, record_counts=REFUSED)),
         weighed(around(record_counts=REFUSED, may_modify_all=NO))),
    ),
    "recycle-bin-too-small": (
        (weighed(around(changed(found=Known(25_001)))), weighed(changed(found=Known(25_000)))),
        (weighed(around(changed(found=Known(25_001)))),
         weighed(around(changed(found=Known(25_001))), hard_delete=True)),
        (weighed(around(changed(found=Known(25_001)))),
         weighed(around(changed(found=Known(25_001)), allowances=REFUSED))),
    ),
    "allowances-unknown": (
        (weighed(around(allowances=REFUSED)), weighed()),
        (weighed(around(allowances=REFUSED)),
         weighed(around(changed(found=Known(0)), allowances=REFUSED))),
        (weighed(around(allowances=Known({"DataStorageMB": (1, 1)}))),
         weighed(around(allowances=Known({"DataStorageMB": (1, 1), CALLS: (9, 9)})))),
        (weighed(around(allowances=Known({CALLS: (9, 9)}))),
         weighed(around(allowances=Known({CALLS: (9, 9)})), hard_delete=True)),
    ),
    "allowance-too-small": (
        (weighed(around(allowances=Known({CALLS: (100, 2)}))),
         weighed(around(allowances=Known({CALLS: (100, 100)})))),
        (weighed(around(allowances=Known({CALLS: (100, 2)}))),
         weighed(around(allowances=Known({BATCHES: (100, 2)})))),
    ),
    "start-date-too-late": (
        (weighed(pipeline=meltano(start_date="2020-05-02")),
         weighed(pipeline=meltano(start_date="2020-05-01T00:00:00Z"))),
        (weighed(changed(oldest=Unknown("too many rows")),
                 pipeline=meltano(start_date="2020-05-02")),
         weighed(changed(oldest=Unknown("too many rows")),
                 pipeline=meltano(start_date="2000-01-01T00:00:00Z"))),
        (weighed(changed(oldest=Unknown("too many rows")),
                 pipeline=meltano(start_date="2020-05-02")),
         weighed(changed(oldest=Unknown("too many rows")))),
    ),
    "rows-without-key": (
        (weighed(changed(keyless=Keyless(Known(2), ("a01", "a02")))), weighed()),
        (weighed(changed(keyless=Keyless(REFUSED))),
         weighed(changed(found=Known(0), keyless=Keyless(REFUSED)))),
    ),
    "plan-of-other-org": (
        (weighed(approval=approved(org_id="00D2")), weighed(approval=approved())),
        (weighed(approval=approved(org_id="00D2")), weighed()),
    ),
    "plan-settings-changed": (
        (weighed(approval=approved(settings={"backup": "none"})), weighed(approval=approved())),
        (weighed(approval=approved(settings={"backup": "none"})), weighed(backup="none")),
    ),
    "plan-circumstances-changed": (
        (weighed(approval=approved(user="bob@acme.example")), weighed(approval=approved())),
        (weighed(approval=approved(instance="https://other.example")),
         weighed(approval=approved())),
        (weighed(approval=approved(tool_version="2.0")), weighed(approval=approved())),
        (weighed(approval=approved(permissions={"View All Data": None})),
         weighed(approval=approved())),
        (weighed(approval=Approval(replace(SAVED, user=""), replace(SAVED, user=""))),
         weighed()),
    ),
    "plan-links-grown": (
        (weighed(approval=approved(links={"clear Case.Ref__c into c": 5})),
         weighed(approval=approved(links={"clear Case.Ref__c into c": 3}))),
        (weighed(approval=approved(links={"clear Case.Ref__c into c": None})),
         weighed(approval=approved(links={}))),
        (weighed(approval=approved(links={**SAVED.links, "cascade Note__c.A__c into c": 1})),
         weighed(approval=approved(links={**SAVED.links, "cascade Note__c.A__c into c": 0}))),
    ),
    "plan-accounts-changed": (
        (weighed(approval=approved(accounts={"chosen": 5, "digest": "f00d"})),
         weighed(approval=approved())),
        (weighed(approval=approved(accounts={"chosen": 4, "digest": "beef"})), weighed()),
    ),
    "plan-counts-changed": (
        (weighed(approval=approved(to_delete={"a": 3})), weighed(approval=approved())),
        (weighed(approval=approved(to_keep={"b": 7})), weighed()),
    ),
}  # fmt: skip
"""By code, one pair or several."""


@dataclass(frozen=True)
class Case:
    """An org, what goes wrong in it, and what the user set."""

    org: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    pipeline: Pipeline = field(default_factory=Pipeline)

    def plan(self, folder: FilePath) -> Ran:
        """What `plan` finds."""
        options = OrgOptions(**{"records": 600, "sandbox": True, **self.org})
        with Emulated(options, ServerOptions(**self.server)) as server:
            server.set_faults(self.faults)
            config = {"mode": "plan", **login(server), **ALLOWED, **self.settings}
            return run(config, folder, pipeline=self.pipeline)


def customer(*names: str) -> dict[str, Any]:
    """An org with rows of these objects of a customer's."""
    return {"customer_rows": frozenset(names)}


def shaped(*names: str, **shape: Any) -> dict[str, Any]:
    """An org with rows of these objects of a customer's, and what a shape adds or hides."""
    return {**customer(*names), "shape": json.dumps(shape)}


def reference(name: str, to: str, on_delete: str) -> dict[str, Any]:
    """A lookup that a shape adds."""
    return {"name": name, "type": "reference", "to": [to], "on_delete": on_delete}


def refuse(soql: str) -> dict[str, Any]:
    """A fault that refuses a query."""
    refusal = {"code": "INSUFFICIENT_ACCESS", "message": "no access", "status": 403}
    return {"queries": [{"soql": soql, **refusal}]}


def forbid(path: str) -> dict[str, Any]:
    """A fault that refuses a resource."""
    return {"requests": [{"path": f"/services/data/*/{path}", "status": 403}]}


CALM_ORG = Case()
ONLY_CATALOG = {"object_groups": ["product_catalog"]}
ONLY_ACCOUNTS = {"object_groups": ["accounts"]}
QUOTES = frozenset(item.name for item in load_objects() if item.name.startswith(QUOTE_PREFIX))
REMARK = {"object": INVOICE, "name": "Remark__c", "type": "string"}
NO_FILTER = shaped(hidden={"fields": ["Product2.zqu__ZuoraId__c"]})
HELD_ITEM = {"object": INVOICE, **reference("Top_Item__c", ITEM, "restrict")}
TOP_ITEM = {"object": INVOICE, "at": 1, "values": {"Top_Item__c": {"object": ITEM, "at": 1}}}
FOLLOWED = {"object": "EntitySubscription", "values": {"ParentId": {"object": INVOICE, "at": 1}}}
APPROVED = {
    "object": "ProcessInstance", "values": {"TargetObjectId": {"object": INVOICE, "at": 1}},
}  # fmt: skip
REGION = {"object": INVOICE, "name": "Region__c", "type": "string"}
EMEA = {"object": INVOICE, "at": 1, "values": {"Region__c": "EMEA"}}
FIRST = {"object": INVOICE, **reference("First__c", ITEM, "set_null")}
FIRST_ITEM = {"object": INVOICE, "at": 1, "values": {"First__c": {"object": ITEM, "at": 1}}}
CALLED = {"object": "Task", "values": {"WhatId": {"object": INVOICE, "at": 1}}}
FILES = TESTS / "data" / "accounts"
BATCH = "Zuora__Batch__c = 'Batch1'"
FIRST_ACCOUNT = "Zuora__AccountNumber__c = 'A00000001'"
SAME_NUMBER = {"object": BILLING_ACCOUNT, "at": 2,
               "values": {"Zuora__AccountNumber__c": "A00000001"}}  # fmt: skip
CHILD = {"object": BILLING_ACCOUNT, "at": 2,
         "values": {"Zuora__Parent__c": {"object": BILLING_ACCOUNT, "at": 1}}}  # fmt: skip
SUBSCRIPTION = "Zuora__Subscription__c"
CROSSING = {"object": CHARGE, "at": 1,
            "values": {SUBSCRIPTION: {"object": SUBSCRIPTION, "at": 20}}}  # fmt: skip
NOT_COUNTED_NOTES = refuse("*COUNT(*FROM Usage_Note__c*")
ORGS: dict[str, tuple[Case, Case]] = {
    "no-360-objects": (Case(org={"without_packages": frozenset({"Zuora", "zqu"})}), CALM_ORG),
    "production-not-confirmed": (
        Case(org={"sandbox": False}),
        Case(org={"sandbox": False}, settings={"confirm_org_id": ID}),
    ),
    "other-org-confirmed": (
        Case(org={"sandbox": False}, settings={"confirm_org_id": "00D5g0000000002"}),
        Case(org={"sandbox": False}, settings={"confirm_org_id": ID[:15]}),
    ),
    "some-accounts-only": (Case(settings={"only_accounts": BATCH}), CALM_ORG),
    "all-accounts-chosen": (Case(settings={"only_accounts": "Id != null"}), CALM_ORG),
    "no-accounts-chosen": (Case(settings={"only_accounts": "Id = null"}), CALM_ORG),
    "accounts-not-found": (
        Case(settings={"only_accounts_file": str(FILES / "one_unknown.csv")}),
        Case(settings={"only_accounts_file": str(FILES / "one.csv")}),
    ),
    "accounts-not-told-apart": (
        Case(org=shaped(changes=[SAME_NUMBER]),
             settings={"only_accounts_file": str(FILES / "one.csv")}),
        Case(org=shaped(changes=[SAME_NUMBER]), settings={"only_accounts": BATCH}),
    ),
    "contacts-left": (
        Case(settings={"only_accounts": "Zuora__Batch__c = 'Batch2'"}),
        Case(settings={"only_accounts": BATCH}),
    ),
    "hierarchies-broken": (
        Case(org=shaped(changes=[CHILD]), settings={"only_accounts": FIRST_ACCOUNT}),
        Case(org=shaped(changes=[CHILD]), settings={"only_accounts": f"NOT ({FIRST_ACCOUNT})"}),
    ),
    "rows-of-other-accounts": (
        Case(org=shaped(changes=[CROSSING]), settings={"only_accounts": FIRST_ACCOUNT}),
        Case(settings={"only_accounts": FIRST_ACCOUNT}),
    ),
    "may-not-delete": (Case(org={"not_deletable": frozenset({INVOICE})}), CALM_ORG),
    "may-not-read": (Case(faults=refuse(f"SELECT COUNT(Id)*FROM {INVOICE}*")), CALM_ORG),
    "may-not-hard-delete": (
        Case(settings={"hard_delete": True}),
        Case(org={"hard_delete_permission": True}, settings={"hard_delete": True}),
    ),
    "objects-not-seen": (Case(org={"not_visible": frozenset({"Zuora__Refund__c"})}), CALM_ORG),
    "not-checked": (Case(faults=forbid("tooling/*")), CALM_ORG),
    "sync-not-checked": (Case(faults=refuse("*FROM AsyncApexJob*")), CALM_ORG),
    "sync-running": (Case(org={"apex_job": True}), CALM_ORG),
    "sync-scheduled": (Case(org={"scheduled_sync": True}), CALM_ORG),
    "rows-may-be-hidden": (
        Case(org={"records": 3000, "rows_hidden": frozenset({"Zuora__InvoiceItem__c"}),
                  "modify_all": False}),
        Case(org={"modify_all": False}),
    ),
    "delete-triggers": (
        Case(org={"triggers": frozenset({INVOICE})}),
        Case(org={"triggers": frozenset({"Usage_Note__c"})}),
    ),
    "recycle-bin-too-small": (
        Case(server={"allowances": {"DataStorageMB": 10}}),
        Case(server={"allowances": {"DataStorageMB": 1000}}),
    ),
    "allowances-unknown": (Case(faults=forbid("limits")), CALM_ORG),
    "allowance-too-small": (Case(server={"allowances": {"DailyApiRequests": 60}}), CALM_ORG),
    "too-many-records": (Case(settings={"max_records": 99}), CALM_ORG),
    "nothing-to-delete": (Case(org={"records": 0}), CALM_ORG),
    "filter-not-readable": (
        Case(org=NO_FILTER),
        Case(org=NO_FILTER, settings={"exclude_objects": ["Product2"]}),
    ),
    "allowed-rows-taken-along": (
        Case(org={"quotes": False}, settings=ONLY_CATALOG),
        Case(org={"quotes": False}, settings=ONLY_ACCOUNTS),
    ),
    "files-may-be-hidden": (Case(org=shaped(permissions={"query_all_files": False})), CALM_ORG),
    "marks-taken-along": (Case(org=shaped(rows=[APPROVED])), CALM_ORG),
    "rows-made-again": (
        Case(org=shaped(rows=[FOLLOWED])),
        Case(org=shaped(rows=[FOLLOWED]), settings={"lookup_links": "ignore"}),
    ),
    "objects-hold-each-other": (
        Case(org=shaped(fields=[HELD_ITEM], changes=[TOP_ITEM])),
        Case(org=shaped(fields=[HELD_ITEM])),
    ),
    "rows-not-counted": (
        Case(org=customer("Usage_Note__c"), faults=NOT_COUNTED_NOTES),
        Case(org=customer("Usage_Note__c")),
    ),
    "links-without-key": (
        Case(org=shaped("Renewal_Forecast__c",
                        hidden={"fields": ["Zuora__Subscription__c.Zuora__External_Id__c"]})),
        Case(org=customer("Renewal_Forecast__c")),
    ),
    "rows-without-key": (CALM_ORG, Case(settings=ONLY_ACCOUNTS)),
    "quotes-not-seen": (
        Case(org={"not_visible": QUOTES}),
        Case(org={"not_visible": QUOTES}, settings={"keep_quoted_products": False}),
    ),
    "cannot-see-everything": (
        Case(org={"modify_all": False}),
        Case(org=shaped(permissions={"modify_all_data": False, "view_all_data": True})),
    ),
    "relationships-hidden": (
        Case(org=shaped(hidden={"fields": ["Usage_Note__c.Charge__c"]})),
        CALM_ORG,
    ),
    "fields-hidden": (
        Case(org=shaped(fields=[REMARK], hidden={"fields": [f"{INVOICE}.Remark__c"]})),
        Case(org=shaped(fields=[REMARK])),
    ),
    "relationships-not-checked": (Case(faults=refuse("*FROM FieldDefinition*")), CALM_ORG),
    "package-rows-taken-along": (
        Case(settings={"exclude_objects": ["Zuora__InvoiceItem__c"]}),
        CALM_ORG,
    ),
    "customer-rows-taken-along": (
        Case(org=customer("Usage_Note__c")),
        Case(org=customer("Usage_Note__c"),
             settings={"allow_cascade_to": ["PricebookEntry", "Usage_Note__c"]}),
    ),
    "own-values": (
        Case(org=shaped(fields=[REGION], changes=[EMEA]), settings=ONLY_ACCOUNTS),
        Case(settings=ONLY_ACCOUNTS),
    ),
    "own-values-not-kept": (
        Case(org=shaped(fields=[FIRST], changes=[FIRST_ITEM]), settings=ONLY_ACCOUNTS),
        Case(settings=ONLY_ACCOUNTS),
    ),
    "rows-detached": (Case(org=shaped(rows=[CALLED])), CALM_ORG),
    "prices-taken-along": (Case(settings=PRICES_NOT_NAMED), CALM_ORG),
    "own-prices-taken-along": (
        Case(org=shaped(changes=[OWN_PRICE_BOOK]), settings=PRICES_NOT_NAMED),
        Case(settings=PRICES_NOT_NAMED),
    ),
    "rows-hold-records": (Case(org=customer("Dunning_Case__c")), CALM_ORG),
    "lookups-go-blank": (Case(org=customer("Renewal_Forecast__c")), CALM_ORG),
    "quotes-version-unknown": (
        Case(faults=forbid("tooling/*"), settings=ONLY_CATALOG),
        Case(faults=forbid("tooling/*"), settings=ONLY_ACCOUNTS),
    ),
    "quotes-too-old": (
        Case(org={"zqu_version": "2.99"}, settings=ONLY_CATALOG),
        Case(org={"zqu_version": "3.0"}, settings=ONLY_CATALOG),
    ),
    "quotes-versions-differ": (
        Case(org={"zqu_config_version": "2.9"}, settings=ONLY_CATALOG),
        Case(settings=ONLY_CATALOG),
    ),
    "quotes-not-traced": (
        Case(settings={"include_objects": [PLAN]}, faults=refuse("*COUNT(*FROM zqu__ZProduct__c*")),
        Case(settings={"include_objects": [PLAN]}),
    ),
    "quotes-lose-products": (Case(settings={"keep_quoted_products": False}), CALM_ORG),
    "start-date-too-late": (
        Case(pipeline=Pipeline(start_date="2999-01-01T00:00:00Z")),
        Case(pipeline=Pipeline(start_date="1999-01-01T00:00:00Z")),
    ),
}  # fmt: skip
NEEDS_TWO_RUNS = {
    "plan-of-other-org", "plan-settings-changed", "plan-circumstances-changed", "plan-links-grown",
    "plan-accounts-changed", "plan-counts-changed",
}  # fmt: skip
"""Those are shown with two runs, in test_saved.py."""
