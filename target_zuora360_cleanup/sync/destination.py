"""Reads what loading an org needs: its 360 objects, their order, what deletions endanger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.reach import (
    is_kept_by_salesforce,
    read_lookups,
    read_relationships,
)
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.sync.hazards import goes_along, hazards
from target_zuora360_cleanup.sync.load_order import load_order
from target_zuora360_cleanup.sync.org_objects import TargetObject, target_objects

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.reach import Lookup, Lookups, Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.hazards import Hazard
    from target_zuora360_cleanup.sync.load_order import LoadOrder


@dataclass(frozen=True)
class Destination:
    """What an org has, as far as loading it needs it.

    Attributes:
        objects: Its 360 objects that have a key, by API name.
        order: In which order they are loaded.
        hazards: What the deletion of a row endangers, by API name.
    """

    objects: Mapping[str, TargetObject]
    order: LoadOrder
    hazards: Mapping[str, Sequence[Hazard]]


def read_destination(
    salesforce: Salesforce, maps: Iterable[FieldMap], allowed: Collection[str]
) -> Destination:
    """Read it.

    Args:
        salesforce: Where.
        maps: What may be loaded.
        allowed: Objects of the customer that may lose rows to a deletion.

    Raises:
        ApiError, requests.RequestException: Salesforce does not tell.
    """
    shown = salesforce.rest.object_names()
    describes = salesforce.rest.describe_all([name for name in BY_NAME if name in shown])
    objects = {name: each for name, each in target_objects(describes).items() if each.external_id}
    relationships = _relationships(salesforce, describes, shown)
    lookups = _lookups(salesforce, describes, {each.child for each in relationships}, shown)
    return Destination(
        objects,
        load_order(maps, objects),
        {name: hazards(name, relationships, lookups, allowed) for name in objects},
    )


def _relationships(
    salesforce: Salesforce, describes: dict[str, Any], shown: Mapping[str, Mapping[str, Any]]
) -> list[Relationship]:
    """Cascades into these objects, and into those of the packages that go along, at every depth."""
    found: list[Relationship] = []
    todo = list(describes)
    while todo:
        name = todo.pop()
        for each in read_relationships(name, describes[name]):
            ours = not is_kept_by_salesforce(each.child, shown.get(each.child))
            if each.on_delete != "cascade" or not ours:
                continue
            found.append(each)
            if goes_along(each.child) and each.child in shown and each.child not in describes:
                describes.update(salesforce.rest.describe_all([each.child]))
                todo.append(each.child)
    return found


def _lookups(
    salesforce: Salesforce, describes: dict[str, Any], names: set[str], shown: Collection[str]
) -> Lookups:
    """The reference fields of all objects on the way; of one that is not told, none."""
    new = sorted((names & set(shown)) - describes.keys())
    told = {
        name: describe
        for name, describe in salesforce.rest.describe_each(new).items()
        if not isinstance(describe, ApiError)
    }
    lookups: dict[tuple[str, str], Lookup] = {}
    for name, describe in {**describes, **told}.items():
        lookups |= read_lookups(name, describe)
    return lookups
