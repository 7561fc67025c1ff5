"""To which billing account rows belong: the fields that lead to it, by object type. Pure.

An object type belongs to a billing account by each lookup whose deletion would take its rows along,
over any number of object types; where it has none such, by its plain lookups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, CHOSEN, Condition
from target_zuora360_cleanup.reach.soql import LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from target_zuora360_cleanup.reach.relationships import Lookups, Relationship

Ways = dict[str, Condition]


def chosen_rows(
    names: Collection[str], relationships: Sequence[Relationship], lookups: Lookups
) -> tuple[Ways, tuple[Relationship, ...]]:
    """What tells the rows below chosen billing accounts, by object type that has such rows.

    Args:
        names: API names of the object types, that of billing accounts among them.
        relationships: Between them.
        lookups: Theirs.

    Returns:
        The conditions, and those plain lookups that stand for a cascade.
    """
    ways: Ways = {BILLING_ACCOUNT: Condition(("Id",), f"IN {CHOSEN}")}
    inside = [each for each in relationships if {each.child, each.parent} <= set(names)]
    used = [each for each in inside if each.on_delete == "cascade"]
    stand_ins: list[Relationship] = []
    _follow(ways, used, lookups)
    while plain := [each for each in inside if _is_new(each, ways, lookups)]:
        stand_ins += plain
        _follow(ways, [*used, *stand_ins], lookups)
    return ways, tuple(stand_ins)


def _is_new(each: Relationship, ways: Ways, lookups: Lookups) -> bool:
    """Whether it leads rows to a billing account to which nothing else leads them."""
    return each.child not in ways and _way([each], ways, lookups) is not None


def _follow(ways: Ways, relationships: Iterable[Relationship], lookups: Lookups) -> None:
    """Go down until no object type and no way is new."""
    into: dict[str, list[Relationship]] = {}
    for each in relationships:
        if each.child not in (each.parent, BILLING_ACCOUNT):
            into.setdefault(each.child, []).append(each)
    while found := {
        child: way
        for child, links in into.items()
        if (way := _way(links, ways, lookups)) and way != ways.get(child)
    }:
        ways.update(found)


def _way(
    links: Iterable[Relationship], ways: Mapping[str, Condition], lookups: Lookups
) -> Condition | None:
    fields: set[str] = set()
    for each in links:
        lookup = lookups.get((each.child, each.field))
        if lookup and lookup.followed_as and (above := ways.get(each.parent)):
            seen = above.seen_from(lookup.followed_as, each.field)
            fields |= {field for field in seen.fields if field.count(".") <= LEVELS}
    ordered = sorted(fields, key=lambda field: (field.count("."), field))
    return Condition(tuple(ordered), f"IN {CHOSEN}") if fields else None
