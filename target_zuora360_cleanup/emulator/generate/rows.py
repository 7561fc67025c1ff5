"""The rows of a new org: the same options give the same ones, to the last character."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.generate.copies import copy
from target_zuora360_cleanup.emulator.generate.counts import row_counts
from target_zuora360_cleanup.emulator.generate.filled import is_filled
from target_zuora360_cleanup.emulator.generate.links import (
    Links,
    account_links,
    catalog_links,
    subscribed_links,
)
from target_zuora360_cleanup.emulator.generate.others import fixed_rows, other_counts, other_links
from target_zuora360_cleanup.emulator.generate.values import column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Generated", "fill_org"]

_STAMPS: Final = frozenset({"LastModifiedDate", "SystemModstamp"})


@dataclass(frozen=True)
class Generated:
    """What has been generated.

    Attributes:
        links: Who points to whom, and how many rows there are.
        synced: The objects whose rows come from Zuora.
    """

    links: Links
    synced: tuple[str, ...]


def fill_org(store: Store, schema: Schema, options: OrgOptions) -> Generated:
    """Fill the tables of a new org. Made inside of a transaction."""
    zuora = row_counts(options, schema)
    links = _links(options, schema, zuora)
    rows = fixed_rows(options, schema)
    for item in schema.objects.values():
        _fill_object(store, schema, item, links, options, zuora.get(item.name, 0))
        _add_rows(store, item, rows.get(item.name, ()))
        store.move_sequence(item.name)
    return Generated(links, tuple(zuora))


def _links(options: OrgOptions, schema: Schema, zuora: Mapping[str, int]) -> Links:
    links = Links(options.seed, other_counts(options, schema, zuora))
    account_links(links)
    catalog_links(links, zuora.get("Product2", 0))
    subscribed_links(links)
    other_links(links, zuora)
    return links


def _fill_object(  # noqa: PLR0913, PLR0917 - what a row is made of
    store: Store, schema: Schema, item: SObject, links: Links, options: OrgOptions, zuora: int
) -> None:
    count = links.counts.get(item.name, 0)
    if not count:
        return
    made = {
        field.name: values
        for field in item.fields.values()
        if (values := _values(schema, item, field, links, options.seed)) is not None
    }
    if item.name == "Product2":
        made |= _without_keys(made, zuora)
    if item.name == "zqu__ZProduct__c":
        made["zqu__ZuoraId__c"] = [None, *list(made["zqu__ZuoraId__c"])[1:]]
    columns = ["Id", *made]
    store.insert(item.name, columns, zip(range(1, count + 1), *made.values(), strict=False))


def _values(
    schema: Schema, item: SObject, field: Field, links: Links, seed: int
) -> Iterable[Any] | None:
    count = links.counts[item.name]
    if field.name in ("Id", "IsDeleted"):
        return None
    if field.type == "reference":
        return links.of(item.name, field.name)
    if not is_filled(item.name, field):
        return None
    if field.name.endswith("Deleted__c"):
        return repeat(0, count)
    if field.name in _STAMPS:  # A row has not been touched since it was created.
        field = item.fields["CreatedDate"]
    copies = copy(seed, links, schema, item, field)
    return column(seed, item, field, count) if copies is None else copies


def _without_keys(made: Mapping[str, Iterable[Any]], zuora: int) -> dict[str, list[Any]]:
    """The products behind the first `zuora` ones are the customer's own."""
    own = {}
    for name, values in made.items():
        if name.startswith("zqu__") and name.endswith("__c"):
            kept = list(values)
            blank = 0 if kept and isinstance(kept[0], int) else None
            own[name] = [value if at < zuora else blank for at, value in enumerate(kept)]
    return own


def _add_rows(store: Store, item: SObject, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        store.insert(item.name, list(row), [tuple(row.values())])
