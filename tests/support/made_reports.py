"""What a run may leave, made by hand, and how its report reads to the last word."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgInfo
from target_zuora360_cleanup.output.timeline import Span
from target_zuora360_cleanup.plan.allowances import Need
from target_zuora360_cleanup.plan.finding import Finding
from target_zuora360_cleanup.plan.plan import Plan, Step
from target_zuora360_cleanup.plan.saved import SavedPlan
from target_zuora360_cleanup.reach import Path, Relationship
from target_zuora360_cleanup.report.header import Header
from target_zuora360_cleanup.rows.failures import FailureGroup
from target_zuora360_cleanup.state.coverage import Feed
from target_zuora360_cleanup.state.outcome import PairedState
from target_zuora360_cleanup.state.reset import Reset, StateTracker
from tests.support.paths import TESTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.report.document import Report

START = datetime(2026, 5, 4, 8, tzinfo=UTC)
END = START + timedelta(minutes=12)
ORG = OrgInfo("00D5g0000000001EAA", "Acme", is_sandbox=False)
ITEM, INVOICE, ACCOUNT = "Zuora__InvoiceItem__c", "Zuora__ZInvoice__c", "Zuora__CustomerAccount__c"
PRODUCT = "Zuora__Product__c"
LEFT = Partial("607 are left.")
NOT_CONFIRMED = Refused("Acme is. Set.")
OUT_OF_REACH = CleanupError("Salesforce is out of reach.")


def header(mode: str, failure: BaseException | None = None, *, org: OrgInfo | None = ORG) -> Header:
    return Header(mode, START, END, failure, org, {"GET": 6, "POST": 24}, (4_000, 100_000))


def step(
    name: str,
    found: int,
    kept: int = 0,
    after: tuple[str, ...] = (),
    links: Mapping[str, int] | None = None,
) -> Step:
    facts = ObjectFacts(BY_NAME[name], found=Known(found), links=Known(links or {}))
    return Step(facts, frozenset(f"id{number}" for number in range(kept)), frozenset(after))


LONG = "A thing warns, with a long text that has to be broken into several lines since it is longer"
FINDINGS = (
    Finding("production-not-confirmed", "blocks", "Acme is a production org.",
            "Set confirm_org_id.", (("a", 2),)),
    Finding("x", "warns", f"{LONG} than the width of it all.", "Do a thing."),
    Finding("y", "tells", "A thing.", "Nothing."),
)  # fmt: skip
STEPS = (
    step(ITEM, 5_000),
    step(INVOICE, 2_000, 3, (ITEM,)),
    step(PRODUCT, 0),
    step(ACCOUNT, 100, 0, (ITEM, INVOICE), {"Hierarchies": 7, "None": 0}),
)
FEEDS = (Feed(ITEM, 5_000, ("InvoiceItem",), "reset"), Feed(ACCOUNT, 100, (), "no stream"))
NOTES = Relationship("Note__c", "A__c", ACCOUNT, "cascade")
CALLS = Path((Relationship("Task", "WhatId", INVOICE, "detach"),))
VISITS = Path((Relationship("Event", "WhatId", ACCOUNT, "detach"),))
PLAN = Plan(
    ORG,
    STEPS,
    FINDINGS,
    (
        (Path((Relationship("Case", "Invoice__c", INVOICE, "clear"),)), 12),
        (Path((Relationship("Case", "Account__c", ACCOUNT, "clear"),)), 1_200),
    ),
    (
        (Path((NOTES,)), 3),
        (Path((NOTES, Relationship("Line__c", "Note__c", "Note__c", "restrict"))), 2),
    ),
    (Need("DailyApiRequests", 644, 79_970),),
    detached=((CALLS, 40), (VISITS, 2)),
)
SAVED = SavedPlan("2026-05-04T07:00:00+00:00", ORG.id, ORG.name, {}, {ITEM: 5_000}, {})
CLEAN_PLAN = Plan(ORG, STEPS, FINDINGS[2:])
ALL_GONE = (
    Outcome(ITEM, 5_000, 5_000, 0, 0),
    Outcome(INVOICE, 2_000, 1_997, 3, 0),
    Outcome(PRODUCT, 0, 0, 0, 0),
    Outcome(ACCOUNT, 100, 100, 0, 0),
)
SOME_LEFT = (
    Outcome(ITEM, 5_000, 4_990, 0, 10),
    Outcome(INVOICE, 2_000, 1_500, 3, 497, "partial", "stopped by a signal"),
    Outcome(PRODUCT, 0, 0, 0, 0),
    Outcome(ACCOUNT, 100, 0, 0, 100, "not begun"),
)
NOT_KNOWN = (
    Outcome(ITEM, 5_000, 5_000, 0, 0),
    Outcome.unknown(STEPS[1], "stopped by a signal"),
    Outcome(PRODUCT, 0, 0, 0, 0),
    Outcome.unknown(STEPS[3], ""),
)
SPANS = (Span(ITEM, START, END, 4_990),)
FAILURES = (
    FailureGroup(
        INVOICE, "RESTRICTED", "…: no value: …", 30, ("a0H1",), "Fluffy: no value: Fluffy"
    ),
    *(
        FailureGroup(ITEM, "DELETE_FAILED", f"in use by {number}", 20 - number, ("a0G1", "a0G2"))
        for number in range(12)
    ),
)


def _reset(*, is_known_before: bool) -> Reset:
    tracker = StateTracker()
    mixed = {"Invoice": 1}
    if is_known_before:
        tracker.state({"bookmarks": {"Invoice": {"x": 1}, "Amendment": {"x": 1}, "Mixed": mixed}})
    tracker.record("Invoice")
    tracker.record("Late")
    tracker.state(
        {
            "bookmarks": {
                "Invoice": {"x": 2},
                "Amendment": {"x": 1},
                "Late": {"y": 1},
                "Mixed": mixed,
            }
        }
    )
    return tracker.reset(lambda name: name == "Invoice")


RESET, UNSAFE_RESET = _reset(is_known_before=True), _reset(is_known_before=False)
PAIRED = (
    PairedState("prod:a", {"bookmarks": {"Invoice": {}}}, RESET, RESET.state, True, True),  # noqa: FBT003
    PairedState("prod:b", None, UNSAFE_RESET, UNSAFE_RESET.state),
    PairedState("prod:c", None, UNSAFE_RESET),
)


def assert_reads_as_written(report: Report, name: str) -> None:
    """Compare JSON and summary with `data/reports/<name>.json` and `.txt`, to the last word."""
    folder = TESTS / "data" / "reports"
    made: dict[str, Any] = json.loads(json.dumps(report.as_json()))
    written = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert made == written
    assert list(made) == list(written)
    summary = report.summary(FilePath("/out/20260504T080000Z"))
    assert summary == (folder / f"{name}.txt").read_text(encoding="utf-8")
