"""What the file of a new org begins with: tables, their indexes, and the metadata of them all.

To create six hundred of them takes longer than to fill a small org. So a process creates those that
the packages bring once, in memory, and copies them; what a shape adds or changes comes on top.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.org.metadata import tell_metadata
from target_zuora360_cleanup.emulator.schema.reading import load_schema
from target_zuora360_cleanup.emulator.schema.store import Store
from target_zuora360_cleanup.emulator.zuora.fill import create_zuora

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["begin_file"]


def begin_file(store: Store, schema: Schema, without_packages: frozenset[str]) -> None:
    """Create all that a new file has before its first row.

    Args:
        store: The file, which is blank.
        schema: All objects of the org.
        without_packages: Packages that are not installed.
    """
    store.copy(_blank(without_packages))
    plain = load_schema(without_packages).objects
    changed = [item for item in schema.objects.values() if plain.get(item.name) != item]
    for item in changed:
        store.adapt(item, plain.get(item.name))
    if changed:
        with store.transaction():
            tell_metadata(store, schema)


@lru_cache(maxsize=4)
def _blank(without_packages: frozenset[str]) -> Store:
    """A file in memory as orgs of these packages begin with it."""
    schema, store = load_schema(without_packages), Store(Path(":memory:"))
    store.create_tables(schema)
    create_zuora(store)
    store.create_indexes(schema)
    with store.transaction():
        tell_metadata(store, schema)
    return store
