"""Reads what loading an org needs: its 360 objects, their order, what deletions endanger."""

from __future__ import annotations

from collections.abc import Collection, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.reach import is_kept_by_salesforce, read_relationships
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.sync.hazards import Cascades, goes_along
from target_zuora360_cleanup.sync.load_order import load_order
from target_zuora360_cleanup.sync.named_rows import with_known
from target_zuora360_cleanup.sync.org_objects import TargetObject, target_objects

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.load_order import LoadOrder


@dataclass(frozen=True)
class Destination:
    """What an org has, as far as loading it needs it.

    Attributes:
        objects: Its 360 objects that have a key, by API name.
        order: In which order they are loaded.
        cascades: What the deletion of rows takes along.
    """

    objects: Mapping[str, TargetObject]
    order: LoadOrder
    cascades: Cascades


def read_destination(
    salesforce: Salesforce, maps: Collection[FieldMap], allowed: Collection[str]
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
    objects |= with_known(salesforce, objects, maps)
    cascades = _cascades(salesforce, describes, shown, allowed)
    return Destination(objects, load_order(maps, objects), cascades)


def hanging_on(name: str, objects: Mapping[str, TargetObject]) -> set[str]:
    """The object types of which rows go with one of this, at every depth, or lose a lookup then."""
    gone = {name, *_below(name, objects)}
    return gone - {name} | {
        each.name
        for each in objects.values()
        for lookup in each.relationships.values()
        if not gone.isdisjoint(lookup.parents)
    }


def _below(name: str, objects: Mapping[str, TargetObject]) -> set[str]:
    """The object types whose rows can't be without one of this, at every depth."""
    found: set[str] = set()
    level = {name}
    while level:
        level = {
            each.name
            for each in objects.values()
            for lookup in each.relationships.values()
            if lookup.owning and not level.isdisjoint(lookup.parents)
        } - found
        found |= level
    return found


def _cascades(
    salesforce: Salesforce,
    describes: Mapping[str, Any],
    shown: Mapping[str, Mapping[str, Any]],
    allowed: Collection[str],
) -> Cascades:
    """Those into these objects, and at every depth into what may go along with their rows."""
    found: list[Relationship] = []
    described, level = set[str](), dict(describes)
    while level:
        described |= level.keys()
        new = [
            each
            for name, describe in level.items()
            for each in read_relationships(name, describe)
            if each.on_delete == "cascade"
            and not is_kept_by_salesforce(each.child, shown.get(each.child))
        ]
        found += new
        go = {each.child for each in new if goes_along(each.child) or each.child in allowed}
        level = _describes(salesforce, go - described)
    return Cascades.of(found, described, allowed)


def _describes(salesforce: Salesforce, names: Collection[str]) -> dict[str, Any]:
    """The describes of objects, as far as Salesforce gives them."""
    told = salesforce.rest.describe_each(sorted(names))
    return {name: each for name, each in told.items() if not isinstance(each, ApiError)}
