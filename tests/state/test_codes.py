"""What may be found about states is listed in one place, which the page of checks is made from."""

from __future__ import annotations

from target_zuora360_cleanup.plan.finding import Code
from target_zuora360_cleanup.state import codes


def test_every_code_is_listed_once() -> None:
    declared = [each for each in vars(codes).values() if isinstance(each, Code)]
    assert sorted(each.name for each in codes.CODES) == sorted(each.name for each in declared)
