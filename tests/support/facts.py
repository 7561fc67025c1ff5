"""Facts of the packages and of Zuora's pages, as `tests/documents/facts.py` has written them."""

from __future__ import annotations

import csv
from functools import cache

from tests.support.paths import ROOT


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table in `tests/data`."""
    with (ROOT / "tests" / "data" / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
