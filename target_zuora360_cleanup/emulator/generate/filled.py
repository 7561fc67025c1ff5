"""Which of the packages' fields have values in generated rows: `filled.tsv`, in the schema's data.

The others are empty, as most are in real orgs. Samples are what stands in a text whose words are
Zuora's.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.schema.reading import table_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.schema.objects import Field

__all__ = ["is_filled", "samples"]

_PACKAGES = ("Zuora__", "zqu__")


def is_filled(object_name: str, field: Field) -> bool:
    """Whether generated rows have values in a field."""
    own = field.name.startswith(_PACKAGES)
    return not field.calculated and (not own or (object_name, field.name) in _table())


def samples(place: tuple[str, str]) -> tuple[str, ...]:
    """What a text is one of, by object and field; nothing: anything."""
    return _table().get(place, ())


@cache
def _table() -> Mapping[tuple[str, str], tuple[str, ...]]:
    return {
        (row["object"], row["field"]): tuple(filter(None, row["samples"].split(";")))
        for row in table_rows("filled.tsv")
    }
