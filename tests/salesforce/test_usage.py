"""How many of an org's daily calls are used, and what share of them may be."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.salesforce.usage import Usage


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", (18, 5000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample)", (25, 5000)),
        ("per-app-api-usage=17/250(appName=x); api-usage=1/2", (1, 2)),
        ("api-usage=many/5000", None),
        ("", None),
        (None, None),
    ],
)
def test_api_usage_is_read(header: str | None, usage: tuple[int, int] | None) -> None:
    assert Usage.of(header) == usage


@pytest.mark.parametrize(
    ("usage", "used_up"), [(Usage(79, 100), False), (Usage(80, 100), True), (Usage(81, 100), True)]
)
def test_the_quota_is_reached_at_its_share(usage: Usage, *, used_up: bool) -> None:
    assert usage.is_used_up(80) is used_up
