"""Whatever goes wrong in an org: what a cleanup says is true, and nothing goes that it can't keep.

Faults of every kind that the emulator knows are drawn at random, for whole cleanups of small orgs.
Half of them read and delete by Bulk jobs alone, however few the rows are.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, seed, settings
from hypothesis import strategies as st
from typing_extensions import override

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.few_as_many import by
from tests.support.runs import BOOKMARKS, Ran, is_untouchable, run
from tests.support.whole_org import OWN, Rows, backed_up, everything, thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

MORE = int(os.environ.get("ZUORA360_FAULT_EXAMPLES", "45"))
"""Examples of the slow test; some hundreds are tried by hand."""
PARTS = 3
"""Into which they are divided, for workers to share."""
ORG: Final = OrgOptions(records=40, sandbox=True, hard_delete_permission=True)
STRICT: Final = ServerOptions(
    credentials=Credentials(client_id="a", client_secret="b", refresh_token="c")
)
CALLS, ALL_CALLS = "DailyApiRequests", 15_000
RESET: Final = {"bookmarks": {name: BOOKMARKS[name] for name in ("Product", "Amendment")}}
"""What is left of the bookmarks when those of accounts and of all below them are gone."""
PATHS: Final = (
    "*/jobs/*", "*/jobs/ingest", "*/jobs/ingest/*", "*/batches", "*/failedResults", "*/jobs/query",
    "*/jobs/query/*", "*/results", "*/composite*", "*/composite/sobjects", "*/query*", "*/sobjects",
    "*/describe", "*/limits*", "*/services/oauth2/*", "*/tooling/*", "*",
)  # fmt: skip
KEYS: Final = ("id", "state", "records", "done", "totalSize", "numberRecordsProcessed",
               "compositeResponse", "sobjects", "access_token", "instance_url")  # fmt: skip


@st.composite
def moments(draw: st.DrawFn) -> dict[str, Any]:
    """When a rule for requests fires."""
    return draw(
        st.sampled_from(
            [
                {"times": draw(st.integers(1, 3))},
                {"times": 1, "nth": draw(st.integers(1, 12))},
                # (a plan takes some 30 requests, most of them composites)
                {"times": 3, "nth": draw(st.integers(10, 80))},
                {"nth": draw(st.integers(30, 90))},
                {"every": draw(st.integers(2, 6))},
                {"probability": 0.2},
                {},
            ]
        )
    )


WRONG = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from([400, 403, 404, 406, 408, 420, 429, 500,
                                                      502, 503, 504])}),
    st.fixed_dictionaries({"cut": st.sampled_from(["before", "after", "within"])}),
    st.fixed_dictionaries({"limit": st.sampled_from(["ConcurrentRequests", "TotalRequests"])}),
    st.fixed_dictionaries({"answer": st.one_of(
        st.just("html"),
        st.sampled_from(["[]", "{}", "null", '[{"id": 1}]', '{"records": [], "done": true}', "Id",
                         '"Id"\n'])
        .map(lambda body: {"body": body, "type": "application/json"}),
    )}),
    st.fixed_dictionaries({"spoil": st.sampled_from(
        ["html", "half", "empty", "list", "bom", "not_utf8", "unclosed", "short"])}),
    st.fixed_dictionaries({"without": st.sampled_from(KEYS)}),
)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    method = draw(st.sampled_from([None, None, "GET", "POST", "PUT", "PATCH", "DELETE"]))
    return {
        "path": draw(st.sampled_from(PATHS)), **draw(moments()), **draw(WRONG),
        **({"method": method} if method else {}),
    }  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    code, message = draw(
        st.sampled_from(
            [
                ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
                ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "acme.T: UNABLE_TO_LOCK_ROW, row"),
                ("DELETE_FAILED", 'Your attempt to delete\nfailed, "at once"'),
                ("ENTITY_IS_DELETED", "entity is deleted"),
                ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
                ("REQUEST_RUNNING_TOO_LONG", ""),
            ]
        )
    )
    chosen: dict[str, Any] = draw(st.sampled_from([{"share": 0.3}, {"every": 2}, {}]))
    times: dict[str, int] = draw(st.sampled_from([{}, {"times": 1}, {"times": 2}]))
    return {"object": draw(st.sampled_from(OWN)), "code": code, "message": message,
            **chosen, **times}  # fmt: skip


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    number = st.integers(0, 30)
    wrong = st.one_of(
        st.fixed_dictionaries({"state": st.sampled_from(["Failed", "Aborted"]),
                               "after_batches": st.integers(0, 1)}),
        st.fixed_dictionaries({"missing": st.integers(1, 3), "missing_are_done": st.booleans()}),
        st.fixed_dictionaries({"counters": st.fixed_dictionaries(
            {"processed": number, "failed": number}, optional={"looks": st.integers(1, 3)})}),
        st.fixed_dictionaries({"retries": st.integers(1, 4)}),
    )  # fmt: skip
    operation = draw(st.sampled_from([None, "delete", "query"]))
    return {
        **draw(wrong), **draw(st.sampled_from([{}, {"times": 1}, {"times": 3}])),
        **({"operation": operation} if operation else {}),
    }  # fmt: skip


QUERIES = st.fixed_dictionaries(
    {
        "soql": st.sampled_from(["*count(*", "*", "*Zuora__Payment__c*", "*InvoiceItem*"]),
        "code": st.sampled_from(["QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "INVALID_TYPE"]),
    },
    optional={"times": st.integers(1, 8)},
)
COMPOSITE = st.fixed_dictionaries(
    {"most_parts": st.sampled_from([0, 1, 3])},
    optional={"times": st.integers(1, 5), "status": st.sampled_from([400, 500])},
)
KINDS: Final[dict[str, tuple[int, st.SearchStrategy[Any]]]] = {
    "requests": (2, st.lists(requests(), min_size=1, max_size=3)),
    "sessions": (4, st.sampled_from([{"every": 7}, {"every": 23}, {"every": 60}])),
    "login": (20, st.just({"error": "server_error", "times": 1})),
    "refresh_tokens": (3, st.just("rotate")),
    "rows": (3, st.lists(rows(), min_size=1, max_size=2)),
    "jobs": (2, st.lists(jobs(), min_size=1, max_size=2)),
    "locks": (4, st.just({"seconds": 0.05})),
    "queries": (5, st.lists(QUERIES, min_size=1, max_size=2)),
    "composite": (5, COMPOSITE),
    "language": (3, st.sampled_from(["de", "ja"])),
    "allowances": (12, st.just({CALLS: {"Max": ALL_CALLS, "Remaining": 40}})),
}
"""Kinds of fault, each with how seldom it is: one mix in so many has it."""


@st.composite
def mixes(draw: st.DrawFn) -> dict[str, Any]:
    """A faults file."""
    drawn = {name: draw(kind) for name, (seldom, kind) in KINDS.items() if not draw(_below(seldom))}
    return {"seed": draw(st.integers(1, 2**31 - 1)), **drawn}


def _below(number: int) -> st.SearchStrategy[int]:
    return st.sampled_from(range(number))


SETTINGS = st.fixed_dictionaries(
    {
        "backup": st.sampled_from(["ids", "full"]),
        "hard_delete": st.sampled_from([False, False, True]),
        "job_size": st.sampled_from([3, 100_000]),
        "max_parallel_jobs": st.sampled_from([1, 5]),
    }
)
MEANS = st.sampled_from(["as ever", "jobs", "jobs in steps"])


# (threads draw the chances, so that a mix which was made smaller need not fail as it did)
PHASES: Final = (Phase.explicit, Phase.generate)
CALLED_GONE: Final = {
    "seed": 277,
    "sessions": {"every": 60},
    "rows": [
        {"object": "Zuora__SubscriptionRatePlan__c", "code": "ENTITY_IS_DELETED",
         "message": "entity is deleted", "every": 2},
        {"object": "Zuora__InvoiceItem__c", "code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
         "message": "acme.T: UNABLE_TO_LOCK_ROW, row", "share": 0.3},
    ],
}  # fmt: skip
"""Rows that are called deleted and stay, of an object type that has several turns."""


@example(
    CALLED_GONE,
    {"backup": "ids", "hard_delete": False, "job_size": 3, "max_parallel_jobs": 5},
    "as ever",
)
@given(mixes(), SETTINGS, MEANS)
@settings(
    max_examples=3, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck)
)  # fmt: skip
def test_a_cleanup_tells_the_truth_whatever_goes_wrong(
    faults: dict[str, Any], chosen: dict[str, Any], means: str
) -> None:
    check(faults, chosen, means)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_many_more_mixes_of_faults_change_nothing_in_that(part: int) -> None:
    @seed(part)
    @settings(
        max_examples=MORE // PARTS, deadline=None, phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(mixes(), SETTINGS, MEANS)
    def any_mix(faults: dict[str, Any], chosen: dict[str, Any], means: str) -> None:
        check(faults, chosen, means)

    any_mix()


def check(faults: dict[str, Any], chosen: dict[str, Any], means: str) -> None:
    """Clean up with faults, and once more without where that is not all."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(Emulated(ORG, STRICT))
        stack.enter_context(by(means))
        said = stack.enter_context(logged())
        thin_out(server.org)
        before = everything(server.org)
        server.set_faults(faults)
        ran = cleanup(server, chosen, folder)
        server.set_faults({"allowances": {CALLS: {"Max": ALL_CALLS, "Remaining": ALL_CALLS}}})
        after = everything(server.org)
        problems = [*wrongs(before, after, ran), *said.wrong]
        if ran.status and not problems:
            problems = _ends_well(server, cleanup(server, chosen, folder), said.lines)
        note(f"{ran.status}: {ran.message}\n" + "\n".join(said.lines))
    assert problems == []


def cleanup(server: EmulatorServer, chosen: dict[str, Any], folder: Path) -> Ran:
    config = {
        "mode": "cleanup", "object_groups": ["accounts"], "domain": server.url,
        "client_id": "a", "client_secret": "b", "refresh_token": "c",
    }  # fmt: skip
    return run({**config, **chosen}, folder / "out")


class Said(logging.Handler):
    """What was logged, and what of it no user should see."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.wrong: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        text = logging.Formatter("%(levelname)s %(message)s").format(record)
        self.lines.append(text)
        if record.exc_info or "Traceback" in text:
            self.wrong.append(text)


@contextmanager
def logged() -> Iterator[Said]:
    said, root = Said(), logging.getLogger("target_zuora360_cleanup")
    level = root.level
    root.addHandler(said)
    root.setLevel(logging.INFO)
    try:
        yield said
    finally:
        root.removeHandler(said)
        root.setLevel(level)


def wrongs(before: Rows, after: Rows, ran: Ran) -> Iterator[str]:
    """What a cleanup did that it should not have, or said that is not so."""
    gone = [row for row in before if row not in after]
    yield from (f"{name} {id_} is gone" for name, id_ in gone if is_untouchable(name))
    yield from _not_backed_up(gone, ran)
    yield from _not_told(gone, after, ran)
    if gone and (not ran.states or any(each != RESET for each in ran.states)):
        yield f"rows are gone, and the states are {ran.states}"
    if ran.status in (2, 3) and gone:
        yield f"exit status {ran.status}, and {len(gone)} rows are gone"
    left = sum(name in OWN for name, _ in after)
    if ran.status == 0 and left:
        yield f"exit status 0, and {left} rows are left"
    if ran.status not in (0, 1, 2, 3, 4):
        yield f"exit status {ran.status}"
    if ran.status and not ran.message.strip():
        yield f"exit status {ran.status}, and nobody says why"
    if "Traceback" in ran.summary + ran.message:
        yield f"a traceback: {ran.message}"


def _not_backed_up(gone: list[tuple[str, str]], ran: Ran) -> Iterator[str]:
    files = {name: backed_up(ran, name) for name in {name for name, _ in gone}}
    yield from (
        f"{name} {id_} is gone and in no backup" for name, id_ in gone if id_ not in files[name]
    )


def _not_told(gone: list[tuple[str, str]], after: Rows, ran: Ran) -> Iterator[str]:
    """Numbers of the report that are not those of the org; what nobody knows has none."""
    deleted, left = Counter(name for name, _ in gone), Counter(name for name, _ in after)
    told = {each["api_name"]: each for each in ran.report["objects"]}
    yield from (f"rows of {name} are gone untold" for name in deleted.keys() - told.keys())
    for name, each in told.items():
        if each["ended"] == "unknown":
            if each["deleted"] is not None or each["failed"] is not None:
                yield f"{name} is unknown, and has numbers: {each}"
        elif each["deleted"] is None:
            yield f"{name} has no number, and is not unknown: {each}"
        else:
            if each["deleted"] != deleted[name]:
                yield f"{deleted[name]} of {name} are gone: {each}"
            if each["ended"] and each["ended"] != "not begun" and each["failed"] != left[name]:
                yield f"{left[name]} of {name} are left: {each}"


def _ends_well(server: EmulatorServer, ran: Ran, lines: list[str]) -> list[str]:
    left = Counter(name for name, _ in everything(server.org) if name in OWN)
    if ran.status or left:
        return [f"without faults: {ran.status}: {ran.message}; {dict(left)} left"]
    # (an empty job whose answer got lost may be another program's, and is told of)
    return [
        f"job {job.id} is left open, and nobody says so"
        for job in server.service.jobs.page(query=False, offset=0)[0]
        if job.state == "Open" and not any(job.id in line for line in lines)
    ]
