"""Documents of the form of `report.json`, made by hand: one for each mode and end of a run."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from random import Random
from typing import Any

ITEM, INVOICE, ACCOUNT = "Zuora__InvoiceItem__c", "Zuora__ZInvoice__c", "Zuora__CustomerAccount__c"
STATE_ID = "prod:tap-zuora-to-target-zuora360-cleanup"
FINGERPRINT = "0a1b2c3d4e5f"
STARTED, FINISHED = "2026-05-04T08:00:00+00:00", "2026-05-04T08:12:30.500000+00:00"
BEFORE = {"bookmarks": {"Invoice": {"UpdatedDate": "2026-05-01"}, "Amendment": {"x": 1}}}
AFTER = {"bookmarks": {"Amendment": {"x": 1}}}


def entry(name: str, label: str, found: int, *after: str, **more: Any) -> dict[str, Any]:
    return {
        "api_name": name, "label": label, "group": "accounts", "found": found, "to_delete": found,
        "deleted": 0, "kept": 0, "failed": 0, "ended": None, "error": None, "links_removed": {},
        "after": list(after), **more,
    }  # fmt: skip


def entries() -> list[dict[str, Any]]:
    return [
        entry(ITEM, "Invoice Item", 5_000),
        entry("Zuora__Refund__c", "Refund", 0),
        entry(INVOICE, "Invoice", 2_000, ITEM, "Zuora__Refund__c"),
        entry(ACCOUNT, "Customer Account", 100, ITEM, INVOICE, links_removed={"Hierarchies": 7}),
    ]


def document(mode: str, status: str, **more: Any) -> dict[str, Any]:
    made = {
        "schema_version": 1, "mode": mode, "status": status, "headline": f"A {mode}, {status}.",
        "error": None, "org": {"id": "00D5g0000000001EAA", "name": "Acme", "is_sandbox": False,
                               "instance": "acme.my.salesforce.com"},
        "started_at": STARTED, "finished_at": FINISHED, "tool_version": "1.2.3",
        "guards": {"max_records": "1,000,000", "hard_delete": "off"}, "user": "sync@acme.com",
        "plan_fingerprint": FINGERPRINT,
        "objects": entries(), "timeline": [],
        "estimate": {"seconds": [700, 900], "bytes_freed": 14_540_800, "basis": "figures"},
        "allowances_needed": [
            {"name": "DailyApiRequests", "needed": 644, "left": 79_970, "left_after": None},
        ],
        "blank_links": [
            {"object": "Case", "field": "Invoice__c", "parent": INVOICE, "path": "Case.Invoice__c",
             "rows": 12, "gone": 12 if mode == "cleanup" else 0},
        ],
        "strong_links": [
            {"object": "Note__c", "field": "Account__c", "parent": ACCOUNT,
             "path": "Note__c.Account__c", "rows": 3, "on_delete": "cascade"},
        ],
        "findings": [
            {"code": "lookups-go-blank", "severity": "tells", "message": "12 lookups go blank.",
             "remedy": "They are written to links/.", "objects": {"Case.Invoice__c": 12},
             "found": "after" if mode == "cleanup" and status != "refused" else "before"},
        ],
        "failures": [],
        "state": {"state_id": STATE_ID, "before": BEFORE, "written": None,
                  "bookmarks_reset": ["Invoice"], "bookmarks_kept": ["Amendment"],
                  "by_object": [
                      {"object": INVOICE, "rows": 2_000, "bookmarks": ["Invoice"],
                       "comes_back": "reset"},
                      {"object": ITEM, "rows": 5_000, "bookmarks": [],
                       "comes_back": "none stored"},
                      {"object": ACCOUNT, "rows": 100, "bookmarks": [], "comes_back": "no stream"},
                  ]},
        "records_read": {"Account": 1},
        "api_calls": {"total": 30, "by_method": {"GET": 6, "POST": 24}, "org_used": 4_000,
                      "org_allowed": 100_000},
    }  # fmt: skip
    return {**deepcopy(made), **more}


def span(name: str, start: str, end: str, rows: int) -> dict[str, Any]:
    day = "2026-05-04T08:"
    return {
        "object": name, "started_at": f"{day}{start}+00:00", "finished_at": f"{day}{end}+00:00",
        "rows": rows,
    }  # fmt: skip


PLAN = document("plan", "done")
BLOCKED = document(
    "plan",
    "refused",
    error="Acme is a production org. Set confirm_org_id.",
    findings=[
        {"code": "production-not-confirmed", "severity": "blocks", "message": "Acme is production.",
         "remedy": "Set confirm_org_id.", "objects": {}, "found": "before"},
        {"code": "sync-scheduled", "severity": "warns", "message": "A sync is scheduled.",
         "remedy": "Stop it.", "objects": {}, "found": "before"},
    ],
)  # fmt: skip
_WRITTEN = {**PLAN["state"], "written": AFTER}
CLEANUP = document(
    "cleanup",
    "done",
    objects=[{**each, "deleted": each["found"], "ended": "done"} for each in entries()],
    taken_along=[{"object": "Note__c", "path": "Note__c.Account__c", "planned": 3, "gone": 2}],
    timeline=[
        span(ITEM, "00:10", "05:10", 5_000),
        span(INVOICE, "05:10", "10:10", 2_000),
        span(ACCOUNT, "10:10", "10:10", 100),
    ],
    state=_WRITTEN,
)
PARTIAL = document(
    "cleanup",
    "partial",
    objects=[
        entry(ITEM, "Invoice Item", 5_000, deleted=4_990, failed=10, ended="done"),
        entry(INVOICE, "Invoice", 2_000, ITEM, deleted=1_500, failed=500, ended="partial",
              error="stopped by a signal"),
        entry(ACCOUNT, "Customer Account", 100, INVOICE, failed=100, ended="not begun"),
    ],
    timeline=[span(ITEM, "00:10", "05:10", 4_990)],
    failures=[
        {"object": ITEM, "code": "DELETE_FAILED", "message": "in use by INV-1", "count": 6,
         "samples": ["a0G1", "a0G2"]},
        {"object": ITEM, "code": "DELETE_FAILED", "message": "in use by INV-2", "count": 4,
         "samples": ["a0G3"]},
        {"object": ITEM, "code": "UNABLE_TO_LOCK_ROW", "message": "locked", "count": 1,
         "samples": []},
    ],
    state=_WRITTEN,
)  # fmt: skip
UNKNOWN = document(
    "cleanup",
    "partial",
    headline="Partial: at least 5,000 records deleted from Acme; of 2 object types it is not known "
    "how many.",
    objects=[
        entry(ITEM, "Invoice Item", 5_000, deleted=5_000, ended="done"),
        entry(INVOICE, "Invoice", 2_000, ITEM, deleted=None, failed=None, ended="unknown",
              error="stopped by a signal"),
        entry(ACCOUNT, "Customer Account", 100, INVOICE, deleted=None, failed=None,
              ended="unknown"),
    ],
    timeline=[
        span(ITEM, "00:10", "05:10", 5_000),
        {**span(INVOICE, "05:10", "10:10", 0), "rows": None},
    ],
    state=_WRITTEN,
)  # fmt: skip
"""A cleanup that was stopped before anybody could count."""
REFUSED = {**BLOCKED, "mode": "cleanup"}
_NOTHING: dict[str, Any] = {
    "org": None, "objects": [], "estimate": None, "allowances_needed": [], "blank_links": [],
    "strong_links": [], "findings": [], "records_read": {},
    "api_calls": {"total": 0, "by_method": {}, "org_used": None, "org_allowed": None},
}  # fmt: skip
_NO_STATE: dict[str, Any] = {
    "state_id": None, "before": None, "written": None, "bookmarks_reset": [], "bookmarks_kept": [],
}  # fmt: skip
FAILED = document("cleanup", "failed", error="Salesforce is out of reach.", state=_NO_STATE,
                  **_NOTHING)  # fmt: skip
RESET = document("reset", "done", state=_WRITTEN, **_NOTHING)
SYNC = document(
    "sync",
    "done",
    objects=[
        {"api_name": INVOICE, "label": "Invoice", "received": 900, "upserted": 880, "deleted": 10,
         "skipped": 7, "failed": 3, "skipped_why": {"PARENT_NOT_IN_SALESFORCE": 7},
         "cut": {"Zuora__Description__c": 2}, "blank_links": {"Zuora__Payment_Term__c": 4}},
        {"api_name": "Unheard_Of__c", "received": 0, "upserted": 0},
    ],
    state={**_WRITTEN, "written": BEFORE},
    blank_links=[],
)  # fmt: skip
OLD = {
    key: value
    for key, value in CLEANUP.items()
    if key
    not in (
        "guards",
        "tool_version",
        "user",
        "plan_fingerprint",
        "headline",
        "timeline",
        "strong_links",
        "allowances_needed",
        "estimate",
    )
}
OLD["blank_links"] = [
    {key: value for key, value in each.items() if key != "gone"} for each in OLD["blank_links"]
]
"""What a version before these keys has left."""
LONG = "w" * 600
CROWDED = {
    **PARTIAL,
    "guards": {**PLAN["guards"], "only_accounts": f"Name = '{LONG}'", "stream_objects": " + ".join(
        f"stream_{n}: Zuora__CustomerAccount__c" for n in range(30))},
    "headline": f"Partial: 9,999,999 records deleted, and {LONG}",
    "objects": [
        {**each, "found": 9_999_999, "deleted": 9_999_999, "kept": 9_999_999,
         "failed": 9_999_999, "held_back": 9_999_999, "not_begun": 1_234_567}
        for each in PARTIAL["objects"]
    ],
    "blank_links": [{**PLAN["blank_links"][0], "rows": 9_999_999, "gone": 9_999_999}],
    "taken_along": [{"object": "Note__c", "path": "Note__c.Account__c", "planned": 9_999_999,
                     "gone": 9_999_999}],
    "findings": [{**PLAN["findings"][0], "message": f"See https://acme.example/{LONG}?{LONG}.",
                  "objects": {f"A{LONG}__c": 9_999_999}}],
    "failures": [{**PARTIAL["failures"][0], "message": LONG, "samples": [LONG],
                  "count": 9_999_999}],
}  # fmt: skip
"""Every column, counts of seven digits, words of 600 characters and long addresses."""
ALL = {
    "plan": PLAN, "blocked plan": BLOCKED, "cleanup": CLEANUP, "partial": PARTIAL,
    "unknown": UNKNOWN, "refused": REFUSED, "failed": FAILED, "reset": RESET, "sync": SYNC,
    "old": OLD,
}  # fmt: skip


def tangled() -> dict[str, Any]:
    """A plan whose object types hang together in many ways."""
    chance = Random(360)  # noqa: S311 - always the same tangle
    rows = [[f"Object{row}{number}__c" for number in range(12)] for row in range(5)]
    made = [entry(name, name, 1) for name in rows[0]]
    for above, below in pairwise(rows):
        made += [
            entry(name, "Long name " * chance.randint(1, 5), 1, *chance.sample(above, 5))
            for name in below
        ]
    return {**PLAN, "objects": made, "blank_links": [], "strong_links": []}
