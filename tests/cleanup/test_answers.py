"""Cleanups that meet with answers that are none of Salesforce's, or that refuse for the moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.altered import HTML, Alter, Altered, Other
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run, zuora_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
CONCURRENT = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": LIMIT}]
OTHERS = {
    "html after it was done": Other(is_done=True),
    "cut": Other(body=b'{"done": tr', missing=100),
    "too many at once": Other(status=403, body=json.dumps(CONCURRENT).encode()),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulated]:
    """An org that tests here only read."""
    with Emulated(OrgOptions(records=300, sandbox=True)) as made:
        yield made


@pytest.fixture
def server() -> Iterator[Emulated]:
    """An org of its own, to be cleaned."""
    with Emulated(OrgOptions(records=2_500, sandbox=True)) as made:
        yield made


def first_times(other: Other, times: int = 1) -> Alter:
    """The first answers of each resource are others."""
    return lambda _method, _path, count: other if count < times else None


@pytest.mark.slow
@pytest.mark.quotes_may_change
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_cleanup_outlives_a_first_answer_of_each_resource_that_is_none(
    server: Emulated, tmp_path: Path, other: Other
) -> None:
    with Altered(server, first_times(other)) as altered:
        config = {"mode": "cleanup", **login(server), **ALLOWED, "instance_url": altered.url,
                  "keep_quoted_products": False}  # fmt: skip
        ran = run(config, tmp_path)
    assert ran.status == 0, ran.message
    assert zuora_rows(server.org) == {}
    assert altered.altered > 5


@pytest.mark.parametrize("path", ["/query/", "/sobjects", "/composite"])
def test_what_never_comes_is_told_before_anything_is_deleted(
    shared: Emulated, tmp_path: Path, path: str
) -> None:
    def alter(_method: str, asked: str, _count: int) -> Other | None:
        return Other() if asked.endswith(path) else None

    before = zuora_rows(shared.org)
    with Altered(shared, alter) as altered:
        config = {"mode": "cleanup", **login(shared), **ALLOWED, "instance_url": altered.url}
        ran = run(config, tmp_path)
    assert ran.status != 0
    assert HTML.decode() in ran.message
    assert path in ran.message
    assert shared.access_token not in ran.message + ran.summary
    assert zuora_rows(shared.org) == before
