"""Which fields the emulated 360 writes and from where, read from `data/own_sync.tsv`.

The emulated 360 is Zuora's own sync. Its table is taken from Zuora's pages of field maps, and for
the objects that no page describes from the packages' metadata; nothing of it is the plugin's. A
field that an org has not, as those of newer packages, is left out.

Columns: `object` and `field` in Salesforce; `zuora`, one path or several joined by ` + `
(`paths.py` says what a path is); `form`, what is made of them:

- blank: the value; of a lookup the row with that Zuora id; `name`: the row of that name;
- `joined`: several texts with a blank between; `concatenated`: with nothing between;
- `term`: a number with its unit ("12 Months"); `months`: what a month costs, times the months of
  the billing period;
- `sum`, `min`, `first`: of many records; the first by its tier;
- `me`: whether it is the record itself that is named;
- `apply type`, `applies X`: the number of a discount's targets, and whether X is one of them;
- `unit`: the id of the unit of measure of that name; `id`: an id that Zuora alone knows;
- `own`: what Zuora's own sync writes there in a form that nothing documents; any value stands in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.schema.reading import table_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OWN", "OwnField", "own_fields"]

OWN = "own"


@dataclass(frozen=True)
class OwnField:
    """A field that the emulated 360 writes.

    Attributes:
        name: API name.
        paths: Where its value comes from; none of what is the sync's own.
        form: What is made of it.
    """

    name: str
    paths: tuple[str, ...]
    form: str = ""


@cache
def own_fields() -> Mapping[str, tuple[OwnField, ...]]:
    """Return the fields of each object, in the order of the table."""
    found: dict[str, list[OwnField]] = {}
    for row in table_rows("own_sync.tsv"):
        paths = () if row["form"] == OWN else tuple(row["zuora"].split(" + "))
        found.setdefault(row["object"], []).append(OwnField(row["field"], paths, row["form"]))
    return {name: tuple(fields) for name, fields in found.items()}
