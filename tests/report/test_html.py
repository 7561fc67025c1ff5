"""The page for people: what is on it, whatever the report; nothing from elsewhere; legible."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest

from target_zuora360_cleanup.report.html import render
from tests.support import report_documents as documents
from tests.support.page import Page
from tests.support.paths import ROOT

SECTIONS = ["findings", "failures", "objects", "along", "links", "graph", "timeline", "state",
            "allowances"]  # fmt: skip
TEMPLATES = ROOT / "target_zuora360_cleanup" / "report" / "templates"
CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")
HOSTILE = "<script>alert(1)</script>\"'><img src=https://example.com/x onerror=y>{{ 7*7 }}&amp;"


@pytest.fixture(params=list(documents.ALL.values()), ids=list(documents.ALL))
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    made: dict[str, Any] = request.param
    return made


def test_every_section_is_there_in_its_order_and_says_something(document: dict[str, Any]) -> None:
    page = Page(render(document))
    ids = [each["id"] for each in page.all("section")]
    # A sync has no order of deletion; what went along is told where there is any.
    missing = {"graph"} if document["mode"] == "sync" else set[str]()
    missing |= set() if document.get("taken_along") else {"along"}
    if document["mode"] == "plan":  # (nothing has been done)
        missing |= {"failures", "timeline"}
    if document["mode"] in ("plan", "cleanup") and document.get("estimate") is None:
        missing |= {"objects", "links", "graph"}
    wanted = [each for each in SECTIONS if each not in missing]
    assert ids == wanted + (["approval"] if document.get("guards") else [])
    for name in ids:
        heading, _, rest = page.text[name].strip().partition("\n")
        assert heading.strip(), name
        assert rest.strip(), name
    assert page.open == []


def test_what_happened_comes_first_in_one_sentence(document: dict[str, Any]) -> None:
    page = Page(render(document))
    headline = str(document.get("headline", "cleanup: done"))
    told = str(document["error"] if document["status"] == "failed" else headline)
    assert told.removesuffix(document["error"] or "").strip() in page.said()
    assert len(page.all("h1")) == 1


def test_of_an_org_that_was_not_looked_at_nothing_is_told() -> None:
    for mode in ("plan", "cleanup"):
        page = Page(render({**documents.FAILED, "mode": mode, "estimate": None, "findings": []}))
        ids = {each["id"] for each in page.all("section")}
        assert ids.isdisjoint({"objects", "links", "graph", "along"})
        assert "The org was not looked at" in page.said("findings")
        assert "None." not in page.said("findings")
        assert "The tap sent no state" not in page.said("state")


def test_what_comes_back_is_told_of_what_was_deleted_not_of_what_was_planned() -> None:
    before = Page(render(documents.PLAN)).said("state")
    assert "Records of To delete Come back once the bookmark is gone" in before
    assert "Invoice 2,000 Invoice" in before
    after = Page(render(documents.PARTIAL)).said("state")
    assert "Records of Deleted Come back" in after
    assert "Invoice 1,500 Invoice" in after
    assert "Customer Account" not in after
    assert "Invoice unknown Invoice" in Page(render(documents.UNKNOWN)).said("state")


def test_requests_that_nobody_has_counted_are_not_none() -> None:
    calls: dict[str, Any] = {"total": None, "by_method": {}, "org_used": None, "org_allowed": None}
    said = Page(render({**documents.FAILED, "api_calls": calls})).said("allowances")
    assert "How many requests this run made to Salesforce is not known." in said
    assert "0 requests" not in said


def test_what_stands_between_backticks_is_code_and_nothing_else() -> None:
    finding = {**documents.PLAN["findings"][0], "remedy": "Run `zuora360 <reset>` & look."}
    html = render({**documents.PLAN, "findings": [finding]})
    assert "Run <code>zuora360 &lt;reset&gt;</code> &amp; look." in html


def test_the_title_leaves_what_went_wrong_to_the_line_below_it() -> None:
    error = "2 are left. Run it again."
    html = render(
        {**documents.PARTIAL, "headline": f"Partial: 5 were deleted. {error}", "error": error}
    )
    assert "<h1>Partial: 5 were deleted.</h1>" in html
    assert f'<p class="lead">{error}</p>' in html


def test_a_cleanup_tells_at_the_top_what_of_peoples_it_has_touched() -> None:
    link = documents.CLEANUP["blank_links"][0]
    page = Page(render({**documents.CLEANUP, "blank_links": [{**link, "gone": 11}]}))
    assert "11 lookups went blank" in page.said()
    page = Page(render({**documents.CLEANUP, "blank_links": [{**link, "gone": None}]}))
    assert "an unknown number of lookups went blank" in page.said()


def test_nothing_comes_from_elsewhere_and_nothing_runs(document: dict[str, Any]) -> None:
    html = render(document)
    page = Page(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert attributes.get("href", "#").startswith("#")
    assert not re.search(r"https?:|@import|url\((?!#)", html)
    (policy,) = [each for each in page.all("meta") if "http-equiv" in each]
    assert policy["content"].startswith("default-src 'none'")


def test_tables_drawing_and_language_are_told_to_a_screen_reader(document: dict[str, Any]) -> None:
    html = render(document)
    page = Page(html)
    assert page.all("html")[0]["lang"] == "en"
    assert all(each.get("scope") in {"col", "row"} for each in page.all("th"))
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        assert set(attributes.get("aria-labelledby", "").split()) <= set(ids)
    for svg in page.all("svg"):
        assert svg["role"] == "img"
        assert [tag for tag, each in page.elements if each.get("id", "").startswith("graph-")][
            -2:
        ] == ["title", "desc"]


def test_a_hostile_name_stays_text_everywhere() -> None:
    def spoiled(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {
                HOSTILE if key in {"bookmarks", "objects", "records_read"} else name: spoiled(
                    each, name
                )
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [spoiled(each, "" if isinstance(each, dict) else key) for each in value]
        free = {"headline", "error", "name", "label", "message", "remedy", "code", "field", "id"}
        return f"{value}{HOSTILE}" if isinstance(value, str) and key in free else value

    for document in documents.ALL.values():
        made = spoiled(document)
        for each in (*made["objects"], *made["blank_links"]):
            each.update(api_name=each.get("api_name", "") + HOSTILE, object=HOSTILE)
        clean, page = Page(render(document)), Page(render(made))
        tags = {tag for tag, _ in page.elements}
        assert tags <= {tag for tag, _ in clean.elements} | {"code", "p", "svg", "title", "desc"}
        assert not [
            each for _, attributes in page.elements for each in attributes if each[:2] == "on"
        ]
        assert "alert(1)" in page.said()
        assert "{{ 7*7 }}" in page.said()


def test_a_plan_says_what_would_be_deleted_and_how_long_it_takes() -> None:
    page = Page(render(documents.PLAN))
    assert "Found To delete Kept Links lost" in page.said("objects").replace("# Object type", "")
    assert "5,000" in page.said("objects")
    assert "Hierarchies: 7 links would go with them" in page.said("objects")
    assert "1 object type without recordsRefund" in page.said("objects")
    assert "How long It may take 12 min to 15 min" in page.said()
    assert "plan_file" in page.said("approval")
    assert "by more than 10 % or 1,000 rows of any object type" in page.said("approval")


def test_the_first_screen_says_how_much_whose_and_whether_there_is_a_way_back() -> None:
    first = Page(render(documents.PLAN)).said().partition("Findings")[0]
    for words in (
        "Acme, production00D5g0000000001EAAacme.my.salesforce.com",
        "Accounts & Related Objects 7,100 would be deleted",
        "Of people's 12 lookups go blank, at most",
        "Can be taken back From Salesforce's recycle bin, within 15 days",
        "by sync@acme.comversion 1.2.3",
        "Plan 0a1b2c3d4e5f",
    ):
        assert words in first


def test_why_records_are_kept_is_said_where_some_are() -> None:
    why = "Kept: records of the catalogue that quotes use."
    assert why not in Page(render(documents.PLAN)).said("objects")
    some = [{**each, "kept": 2} for each in documents.PLAN["objects"]]
    assert why in Page(render({**documents.PLAN, "objects": some})).said("objects")


def test_rows_that_go_along_have_no_number_of_what_went_before_they_do() -> None:
    along = [{"object": "Note__c", "path": "Note__c.Ref__c", "planned": 3, "gone": 0}]
    planned = Page(render({**documents.PLAN, "taken_along": along}))
    done = Page(render({**documents.CLEANUP, "taken_along": along}))
    assert planned.said("along").endswith("Object By Rows Note__c Note__c.Ref__c 3")
    assert done.said("along").endswith("Object By Planned Gone Note__c Note__c.Ref__c 3 0")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            {"Product2.Family": 12, "Product2.IsActive": 6},
            "18 values of their own fields go, at most",
        ),
        ({"Product2.Family": 1}, "1 value of their own fields goes, at most"),
        ({"Product2.Family": 12, "Product2.IsActive": 0}, "values of their own fields go"),
    ],
    ids=["several", "one", "one of which nobody has counted"],
)
def test_values_that_people_filled_are_touched_too(rows: dict[str, int], words: str) -> None:
    finding = {**documents.PLAN["findings"][0], "code": "own-values", "objects": rows}
    plan = {**documents.PLAN, "findings": [finding], "blank_links": [], "strong_links": []}
    assert f"Of people's {words} How long" in Page(render(plan)).said()


@pytest.mark.parametrize("code", ["rows-not-counted", "cannot-see-everything", "new-some-day"])
def test_what_could_not_be_seen_is_not_said_to_be_nothing(code: str) -> None:
    unseen = {**documents.PLAN["findings"][0], "code": code, "severity": "warns"}
    plan = {**documents.PLAN, "findings": [unseen], "blank_links": [], "strong_links": []}
    assert "Of people's nothing that was seen; see the findings" in Page(render(plan)).said()


def test_an_org_in_which_nothing_of_peoples_hangs_on_zuoras_rows_says_so() -> None:
    plan = {**documents.PLAN, "findings": [], "blank_links": [], "strong_links": []}
    assert "Of people's nothing" in Page(render(plan)).said()


def test_a_plan_that_failed_says_nothing_of_what_it_has_not_looked_at() -> None:
    said = Page(render({**documents.FAILED, "mode": "plan"})).said()
    assert "Of people's" not in said
    assert "aken back" not in said


def test_a_refused_cleanup_says_how_much_it_would_have_deleted() -> None:
    said = Page(render(documents.REFUSED)).said()
    assert "Accounts & Related Objects 7,100 would be deleted" in said


def test_two_plans_with_different_guards_do_not_look_alike() -> None:
    hard = {**documents.PLAN, "guards": {**documents.PLAN["guards"], "hard_delete": "on"}}
    page = Page(render(hard))
    assert "hard_delete on" in page.said("approval")
    assert "Can be taken back No: hard_delete skips the recycle bin." in page.said()


def test_org_plan_and_time_stand_on_each_printed_page_and_beside_the_signature() -> None:
    running = "Acme (00D5g0000000001EAA), plan 0a1b2c3d4e5f, 2026-05-04 08:00:00 UTC"
    html = render(documents.PLAN)
    assert running in Page(html).said("approval")
    printed = running.replace("(", "\\000028").replace(")", "\\000029")
    assert html.count(f'content: "{printed}"') == 2


def test_a_hostile_org_name_can_not_leave_the_style_that_it_stands_in() -> None:
    name = '"; } </style><script>alert(1)</script> \\ \n @import "x"'
    html = render({**documents.PLAN, "org": {**documents.PLAN["org"], "name": name}})
    style = html.partition("<style>")[2].partition("</style>")[0]
    assert "@page { @top-left" in style
    assert "@import" not in style
    assert "<" not in style


@pytest.mark.parametrize("name", ["refused", "failed", "cleanup", "partial", "reset", "sync"])
def test_only_a_plan_that_could_be_carried_out_is_there_to_be_signed(name: str) -> None:
    assert "Signature" not in Page(render(documents.ALL[name])).said()


def test_a_plan_that_something_else_stops_is_not_there_to_be_signed() -> None:
    (first, second) = documents.BLOCKED["findings"]
    other = {**documents.BLOCKED, "findings": [first, {**second, "severity": "blocks"}]}
    assert "Signature" not in Page(render(other)).said()


def test_a_plan_that_lacks_only_the_confirmation_can_be_signed_and_says_so() -> None:
    said = Page(render(documents.BLOCKED)).said("approval")
    assert "It lacks only the confirmation of the production org: confirm_org_id" in said
    assert "Signature" in said


def test_states_of_paired_pipelines_are_told() -> None:
    paired = {"state_id": "prod:a-to-b", "before": {}, "written": {}, "verified": True,
              "overwritten": False}  # fmt: skip
    state = {**documents.CLEANUP["state"], "written": None, "before": None, "paired": [paired]}
    said = Page(render({**documents.CLEANUP, "state": state})).said("state")
    assert "prod:a-to-b reset and read back" in said
    assert "No state was written" not in said


def test_a_failures_text_is_no_title() -> None:
    page = render({**documents.FAILED, "error": "x" * 600})
    title = page.partition("<title>")[2].partition("</title>")[0]
    heading = page.partition("<h1>")[2].partition("</h1>")[0]
    assert (title, heading) == ("cleanup: failed", "Cleanup: failed")
    assert "x" * 600 in Page(page).said()


def test_what_stops_a_cleanup_is_told_at_the_top() -> None:
    page = Page(render(documents.BLOCKED))
    assert "1 finding stops the cleanup · 1 warning" in page.said()
    assert "Stops the cleanup production-not-confirmed" in page.said("findings")


def test_a_cleanup_says_what_was_deleted_kept_and_left() -> None:
    page = Page(render(documents.PARTIAL))
    said = page.said("objects")
    assert "Found Deleted Kept Failed" in said
    assert "1 Invoice Item Zuora__InvoiceItem__c 5,000 4,990 0 10 0" in said
    assert "Total 7,100 6,490 0 610 12" in said


def test_what_is_not_known_is_said_and_is_no_zero() -> None:
    page = Page(render(documents.UNKNOWN))
    said = page.said("objects")
    assert "2 Invoice Zuora__ZInvoice__c 2,000 unknown 0 unknown" in said
    assert "3 Customer Account Zuora__CustomerAccount__c 100 unknown 0 unknown" in said
    assert "Total 7,100 at least 5,000 0 unknown 12" in said
    assert "Deleted at least 5,000" in page.said()
    assert "2 Invoice unknown records" in page.said("graph")
    timeline = page.said("timeline")
    assert "at least 5,000 rows in 10 min." in timeline
    assert "Invoice unknown 5 min unknown" in timeline
    failures = page.said("failures")
    assert "Invoice Zuora__ZInvoice__c: stopped by a signal" in failures
    assert "Customer Account Zuora__CustomerAccount__c: what became of it is not known" in failures


def test_failures_are_grouped_by_reason_even_where_each_message_names_a_record() -> None:
    said = Page(render(documents.PARTIAL)).said("failures")
    assert "in use by INV-1 and 1 other message DELETE_FAILED 10 a0G1 a0G2 a0G3" in said
    assert "INV-2" not in said
    assert "locked UNABLE_TO_LOCK_ROW 1" in said
    assert "Invoice Zuora__ZInvoice__c: stopped by a signal" in said
    assert "Customer Account Zuora__CustomerAccount__c: not begun" in said


def test_the_timeline_says_rows_time_and_rate_of_each_object_type() -> None:
    said = Page(render(documents.CLEANUP)).said("timeline")
    assert "7,100 rows in 10 min, 12 rows per second." in said
    assert "Invoice Item 5,000 5 min 17" in said
    assert "Customer Account 100 0 s 0" in said


def test_the_state_is_shown_entry_by_entry() -> None:
    written, planned = (
        Page(render(each)).said("state") for each in (documents.CLEANUP, documents.PLAN)
    )
    for said in (written, planned):
        assert 'Invoice {"UpdatedDate": "2026-05-01"} dropped' in said
        assert 'Amendment {"x": 1} kept' in said
    assert "The state was reset" in written
    assert "A plan writes no state" in planned


def test_the_drawing_shows_the_order_the_counts_and_the_links_of_others() -> None:
    html = render(documents.CLEANUP)
    graph = html[html.index("<svg") : html.index("</svg>")]
    assert re.findall(r'class="step"[^>]*>(\d+)<', graph) == ["1", "2", "3"]
    assert graph.count('class="box own"') == graph.count('class="edge own"') == 2
    assert graph.count('class="edge"') == 2
    said = " ".join(re.sub(r"<[^>]*>", " ", graph).split())
    assert "Case 12 links went blank" in said
    assert "Note__c 2 rows went along" in said
    assert "2 Invoice 2,000 records" in said
    planned = render(documents.PLAN)
    assert "12 links go blank" in planned
    assert "3 rows go along" in planned


def test_two_object_types_of_one_label_can_be_told_apart_in_the_drawing() -> None:
    made = {**documents.PLAN, "objects": documents.entries()}
    made["objects"][0]["label"] = "Invoice"
    said = Page(render(made)).said("graph")
    assert f"Invoice ({documents.ITEM})" in said
    assert f"Invoice ({documents.INVOICE})" in said


def test_numbers_of_a_sync_are_shown_as_they_are_named() -> None:
    page = Page(render(documents.SYNC))
    said = page.said("objects")
    assert "Received Upserted Deleted Skipped Failed" in said
    assert "Invoice Zuora__ZInvoice__c 900 880 10 7 3" in said
    assert "1 object type without recordsUnheard_Of__c" in said
    assert page.all("svg") == []
    left_out = page.said("links")
    assert "skipped: the parent is not in Salesforce 7" in left_out
    assert "texts cut to the length of Zuora__Description__c 2" in left_out
    assert "Zuora__Payment_Term__c stays blank: no such parent 4" in left_out


def test_the_same_report_gives_the_same_page_in_every_process() -> None:
    code = (
        "import hashlib; from tests.support.report_documents import tangled;"
        "from target_zuora360_cleanup.report.html import render;"
        "print(hashlib.sha256(render(tangled()).encode()).hexdigest())"
    )
    pages = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in range(4)
    }  # fmt: skip
    assert len(pages) == 1


def test_starting_the_target_does_not_import_the_template_engine() -> None:
    code = "import sys, target_zuora360_cleanup.cleanup.run; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", block))


LIGHT = colours(CSS[: CSS.index("@media")])
DARK = colours(CSS[CSS.index("prefers-color-scheme: dark") : CSS.index("* {")])


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_computed_as_it_is_defined() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("text", "bg", 4.5), ("muted", "bg", 4.5), ("text", "fill", 4.5), ("muted", "fill", 4.5),
        ("own", "bg", 4.5), ("own", "own-fill", 4.5), ("stop", "bg", 4.5), ("warn", "bg", 4.5),
        ("good", "bg", 4.5), ("accent", "bg", 4.5), ("edge", "bg", 3), ("edge", "fill", 3),
    ],
)  # fmt: skip
def test_colours_can_be_told_from_what_is_behind_them(
    scheme: dict[str, str], front: str, back: str, least: float
) -> None:
    assert contrast(scheme[f"--{front}"], scheme[f"--{back}"]) >= least


def test_both_schemes_have_every_colour_and_no_rule_has_one_of_its_own() -> None:
    used = set(re.findall(r"var\((--[\w-]+)\)", CSS)) - {"--width", "--columns"}
    assert set(LIGHT) == set(DARK) == used
    rules = CSS[CSS.index("* {") :]
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?=[;\s])|rgb|hsl", rules.replace("#graph {", ""))


def test_steps_are_numbered_in_the_order_of_the_report() -> None:
    html = render(documents.PLAN)
    at = [html.index(f'<code class="api">{each}</code>') for each in (
        documents.ITEM, documents.INVOICE, documents.ACCOUNT)]  # fmt: skip
    assert all(one < other for one, other in pairwise(at))


def test_of_each_object_type_it_says_how_its_records_come_back() -> None:
    rows = Page(render(documents.PLAN)).said("state")
    assert "Invoice 2,000 Invoice" in rows
    assert "no bookmark is stored: its stream is sent in full" in rows
    assert "no stream of this tap feeds it: not by this pipeline" in rows


def test_a_full_sync_is_promised_only_of_streams_whose_bookmarks_are_dropped() -> None:
    said = Page(render(documents.CLEANUP)).said("state")
    assert "full one of the streams whose entries are dropped." in said
    in_a_pipe = {**documents.CLEANUP, "state": {**documents.CLEANUP["state"], "state_id": None}}
    assert "if whoever read stdout has stored it" in Page(render(in_a_pipe)).said("state")
