"""Opens an org: its file, filled when it is new by the generator and with the Zuora behind it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.generate.customers import remember_links, remove_synced
from target_zuora360_cleanup.emulator.generate.rows import fill_org
from target_zuora360_cleanup.emulator.org.org import Org
from target_zuora360_cleanup.emulator.org.shape.filling import begin_later, plant
from target_zuora360_cleanup.emulator.org.shape.shape import read_shape
from target_zuora360_cleanup.emulator.server.blank import begin_file
from target_zuora360_cleanup.emulator.zuora.fill import fill_zuora, index_zuora
from target_zuora360_cleanup.emulator.zuora.own_sync import sync_own
from target_zuora360_cleanup.emulator.zuora.unsynced import add_unsynced

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Schema
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["open_org"]

_MANY: Final = 10_000
"""Records, from which on indexes are made quicker after the rows."""


def open_org(options: OrgOptions, db: Path | None = None) -> Org:
    """Open a database, filling it when it is new.

    Args:
        options: What a new org holds.
        db: The file; None takes a private one that goes when the org is closed.

    Raises:
        ValueError: The file was filled with other options, or by something else.
    """
    return Org.open(options, db, fill=_fill)


def _fill(store: Store, schema: Schema, options: OrgOptions) -> None:
    shape = read_shape(options.shape)
    store.begin_loading()
    begin_file(store, schema, options.without_packages)
    indexes = store.without_indexes() if options.records >= _MANY else nullcontext()
    with indexes, store.transaction():
        made = fill_org(store, schema, options)
        fill_zuora(store, schema, options.seed, made.links.counts, made.links.lost())
        add_unsynced(store, options.seed)
        if options.own_sync:
            sync_own(store, schema)
        plant(shape, schema, store)
        remember_links(store, schema, made.synced)
        if not options.synced:
            remove_synced(store, schema, made.synced)
    store.analyze()
    index_zuora(store)
    store.end_loading()
    begin_later(shape, schema, store)
