"""Cleanups that meet with answers that are none of Salesforce's, or that refuse for the moment."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.few_as_many import by
from tests.support.runs import ALLOWED, login, run, zuora_rows
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HTML: Final = "Down for Maintenance"
KINDS: Final = (
    ("POST", "*/oauth2/token"), ("GET", "*/userinfo"), ("GET", "*/sobjects"), ("GET", "*/limits"),
    ("GET", "*/limits/recordCount"), ("GET", "*/data/*/query/"), ("GET", "*/tooling/query"),
    ("POST", "*/composite"), ("DELETE", "*/composite/sobjects"), ("GET", "*/jobs/ingest"),
    ("POST", "*/jobs/query"), ("GET", "*/jobs/query/*"), ("GET", "*/jobs/query/*/results"),
    ("POST", "*/jobs/ingest"), ("PUT", "*/batches"), ("PATCH", "*/jobs/ingest/*"),
    ("GET", "*/jobs/ingest/*"), ("GET", "*/failedResults"),
)  # fmt: skip
"""Every kind of request that a cleanup sends."""
OTHERS: Final[dict[str, dict[str, Any]]] = {
    "html instead": {"answer": "html"},
    "html after it was done": {"spoil": "html"},
    "half of it": {"spoil": "half"},
    "nothing": {"spoil": "empty"},
    "no UTF-8": {"spoil": "not_utf8"},
    "a list": {"answer": {"body": "[]", "type": "application/json"}},
    "cut": {"cut": "within"},
    "too many at once": {"limit": "ConcurrentRequests"},
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulated]:
    """An org that tests here only read."""
    with Emulated(OrgOptions(records=300, sandbox=True)) as made:
        yield made


@pytest.fixture
def server() -> Iterator[Emulated]:
    """An org of its own, to be cleaned."""
    strict = Credentials(client_id="a", client_secret="b", refresh_token="c")
    with Emulated(OrgOptions(records=100, sandbox=True), ServerOptions(credentials=strict)) as made:
        thin_out(made.org)
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("means", ["as ever", "jobs", "jobs in steps"])
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_cleanup_outlives_an_answer_of_each_kind_that_is_none(
    server: Emulated, tmp_path: Path, other: dict[str, Any], means: str
) -> None:
    # (a login is told at once: a wrong domain answers with a page too)
    rules = [{"method": method, "path": path, "times": 1, **other} for method, path in KINDS[1:]]
    lock = {"share": 0.5, "times": 1, "code": "UNABLE_TO_LOCK_ROW"}
    server.set_faults({"requests": rules, "rows": [lock]})
    config = {"mode": "cleanup", "object_groups": ["accounts"], "domain": server.url,
              "client_id": "a", "client_secret": "b", "refresh_token": "c"}  # fmt: skip
    with by(means):
        ran = run(config, tmp_path)
    assert (ran.status, zuora_rows(server.org)) == (0, {}), ran.message
    assert _kinds(server) >= _met(means)


def _kinds(server: Emulated) -> set[tuple[str, str]]:
    """The kinds of requests that were sent."""
    asked = [
        (str(each["method"]), str(each["path"])) for each in server.service.stats.requests(10_000)
    ]
    return {
        (method, path)
        for method, path in KINDS
        for each, whole in asked
        if each == method and fnmatchcase(whole, path)
    }


def _met(means: str) -> set[tuple[str, str]]:
    in_steps = {("PUT", "*/batches"), ("PATCH", "*/jobs/ingest/*")}
    few = {("DELETE", "*/composite/sobjects")}
    jobs = {each for each in KINDS if "/jobs/" in each[1] or "failed" in each[1]} - in_steps
    jobs -= {("GET", "*/jobs/ingest")}
    return {
        "as ever": set(KINDS) - jobs - in_steps,
        "jobs": set(KINDS) - few - in_steps - {("GET", "*/data/*/query/")},
        "jobs in steps": set(KINDS) - few - {("GET", "*/data/*/query/")},
    }[means]


@pytest.mark.parametrize("path", ["/query/", "/sobjects", "/composite"])
def test_what_never_comes_is_told_before_anything_is_deleted(
    shared: Emulated, tmp_path: Path, path: str
) -> None:
    before = zuora_rows(shared.org)
    shared.set_faults({"requests": [{"path": f"*{path}", "answer": "html"}]})
    ran = run({"mode": "cleanup", **login(shared), **ALLOWED}, tmp_path)
    assert ran.status != 0
    assert HTML in ran.message
    assert path in ran.message
    assert shared.access_token not in ran.message + ran.summary
    assert zuora_rows(shared.org) == before
