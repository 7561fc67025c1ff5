"""The file behind an org: filled once, opened again, begun anew when it was left half-way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.schema.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Schema

    Fill = Callable[[Store, Schema, OrgOptions], None]
    """Creates the tables of a new file, and the rows that the options ask for."""

__all__ = ["fill_or_check", "open_store"]


def open_store(path: Path, *, kept: bool = True) -> Store:
    """Open a file; one that was being filled when its process ended is begun anew.

    Args:
        path: The file.
        kept: Whether it outlives its org.

    Raises:
        ValueError: Something else has its tables in it.
    """
    store = Store(path, kept=kept)
    tables = store.tables()
    if not tables or store.get_meta("options") is not None:
        return store
    store.close()
    if "_sequence" not in tables:
        raise ValueError(f"{path} is no emulated org. Name another file, or remove it.")
    path.unlink()
    return Store(path, kept=kept)


def fill_or_check(
    store: Store, schema: Schema, options: OrgOptions, path: Path, fill: Fill
) -> None:
    """Fill a new file, or see that an old one holds what is asked for.

    Raises:
        ValueError: The file was filled with other options.
    """
    filled_with = store.get_meta("options")
    if filled_with is None:
        fill(store, schema, options)
        store.set_meta("options", options.as_text)
    elif filled_with != options.as_text:
        raise ValueError(
            f"{path} was filled with other options: {filled_with}. Name another file, or remove it."
        )
