"""Prices that go with their products: which of them people have set in price books of their own.

Each product has an entry in the standard price book before it can be in any other, and Salesforce
deletes a product's entries with it (Object Reference, PricebookEntry).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.counting import Question, ask
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.facts.counter import Counter
    from target_zuora360_cleanup.reach import Path

_OWN: Final = "Pricebook2.IsStandard = false"


def count_own_prices(counter: Counter, reach: Mapping[Path, Fact[int]]) -> Fact[int]:
    """Entries of price books other than the standard one, at most, that go with a product."""
    prices = next((each for each in reach if each.is_price), None)
    if prices is None:
        return Known(0)
    condition = counter.condition(prices)
    if condition is None:
        return Unknown("no query tells them from others")
    asked = Question.of_rows(prices, f"{condition} AND {_OWN}")
    return ask(counter.salesforce, [asked])[prices]
