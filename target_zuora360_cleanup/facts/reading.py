"""Reads the facts of an org that a plan rests on, in few calls and without changing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import (
    OBJECTS,
    QUOTE_PREFIX,
    ObjectType,
    is_unlisted,
    of_package,
)
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.belonging import below_accounts
from target_zuora360_cleanup.facts.conditions import read_conditions, read_rights
from target_zuora360_cleanup.facts.counter import Counter
from target_zuora360_cleanup.facts.counts import count_objects
from target_zuora360_cleanup.facts.detaching import detaching_of
from target_zuora360_cleanup.facts.discovering import discover
from target_zuora360_cleanup.facts.hidden import read_hidden, read_hidden_fields
from target_zuora360_cleanup.facts.kept import read_kept
from target_zuora360_cleanup.facts.keyless import count_keyless_links
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.facts.org_facts import Beside, OrgFacts, OrgInfo
from target_zuora360_cleanup.facts.own_values import count_own_values
from target_zuora360_cleanup.facts.prices import count_own_prices
from target_zuora360_cleanup.facts.reached import read_reach
from target_zuora360_cleanup.facts.shared import count_shared
from target_zuora360_cleanup.facts.staying import read_holders, without_kept
from target_zuora360_cleanup.reach import Path, Relationship, in_circles, read_relationships
from target_zuora360_cleanup.settings.selection import selected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.facts.org_facts import Accounts, ObjectFacts, OrgConditions
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

_ORGANIZATION: Final = "SELECT Id, Name, IsSandbox, OrganizationType FROM Organization"
Describes = dict[str, dict[str, Any]]


def read_org(salesforce: Salesforce) -> OrgInfo:
    """Which org it is."""
    row = salesforce.rest.query(_ORGANIZATION)[0]
    kind = row["OrganizationType"] or ""
    return OrgInfo(row["Id"], row["Name"], bool(row["IsSandbox"]), kind, salesforce.url)


def read_facts(
    salesforce: Salesforce, settings: Settings, accounts: Accounts | None = None
) -> OrgFacts:
    """Everything that a plan of these settings rests on.

    Args:
        salesforce: Where.
        settings: What the user set.
        accounts: The billing accounts that the client's queries may name; None for all rows.

    Raises:
        InputError: A setting names an object that the org doesn't show.
        ApiError: Salesforce refuses to answer.
        requests.RequestException: No answer came.
    """
    info = read_org(salesforce)
    shown = salesforce.rest.object_names()
    _check_names(settings, shown)
    if accounts and not accounts.chosen:
        # (those that sharing hides may be there)
        return OrgFacts(info, (), accounts=accounts, conditions=read_rights(salesforce))
    kinds = [kind for kind in selected(settings) if kind.api_name in shown]
    if not kinds:
        return OrgFacts(info, ())
    describes = salesforce.rest.describe_all([kind.api_name for kind in kinds])
    unfiltered = tuple(_unfiltered(kinds, describes, shown))
    kinds = [kind for kind in kinds if _tells_own_rows(kind, describes[kind.api_name])]
    if not kinds:
        return OrgFacts(info, (), unfiltered=unfiltered)
    kinds += discover(salesforce, kinds, describes, settings)
    staying, stand_ins = tuple[str, ...](), tuple[Relationship, ...]()
    if accounts:
        found = below_accounts(salesforce, kinds, describes, shown)
        kinds, staying, stand_ins = [*found.kinds], found.staying, found.stand_ins
    objects = count_objects(salesforce, kinds, describes)
    reading = _Reading(salesforce, settings, shown, describes, objects)
    facts = reading.facts(info, unfiltered, staying)
    shared = count_shared(salesforce, objects) if accounts else {}
    return replace(facts, accounts=accounts, staying=staying, stand_ins=stand_ins, shared=shared)


class _Reading:
    """Reads what there is around the object types to be cleaned."""

    def __init__(
        self,
        salesforce: Salesforce,
        settings: Settings,
        shown: Mapping[str, Mapping[str, Any]],
        describes: Describes,
        objects: tuple[ObjectFacts, ...],
    ) -> None:
        self._salesforce = salesforce
        self._settings = settings
        self._shown = shown
        self._describes = describes
        self._objects = objects
        self._names = frozenset(each.kind.api_name for each in objects)

    def facts(
        self, info: OrgInfo, unfiltered: tuple[str, ...], staying: tuple[str, ...]
    ) -> OrgFacts:
        reach = read_reach(
            self._salesforce,
            self._objects,
            self._describes,
            self._shown,
            detaching_of(self._settings),
        )
        relationships = self._relationships(self._names)
        counter = Counter.of(self._salesforce, self._objects, reach.lookups)
        conditions = read_conditions(self._salesforce, self._shown)
        beside = self._beside()
        kept = self._kept(reach.rows, relationships, beside)
        rows = without_kept(counter, reach.rows, kept)
        ways = _ways(relationships, reach.through)
        idle = self._idle(counter, ways)
        return OrgFacts(
            info,
            self._objects,
            relationships,
            rows,
            reach.lookups,
            read_holders(counter, rows, kept),
            count_keyless_links(counter, self._objects, rows),
            kept,
            conditions,
            tuple(self._unseen(conditions, (*unfiltered, *staying))),
            reach.through,
            in_circles(self._names, ways.keys() - idle),
            self._hidden(reach.rows, sees_all=conditions.sees_all),
            tuple(sorted(name for name in self._shown if name.startswith(QUOTE_PREFIX))),
            unfiltered,
            idle,
            count_own_prices(counter, rows),
            count_own_values(self._salesforce, self._objects, self._describes),
            beside,
            hidden_fields=read_hidden_fields(self._salesforce, self._going(reach.rows)),
        )

    def _relationships(self, parents: Iterable[str]) -> tuple[Relationship, ...]:
        """Between objects that the user sees."""
        return tuple(
            each
            for parent in sorted(parents)
            for each in read_relationships(parent, self._describes[parent])
            if each.child in self._shown
        )

    def _beside(self) -> Beside:
        """The rest of the catalogue, where a part of it is cleaned and what quotes use stays."""
        is_cleaned = any(
            each.kind.group == "product_catalog" and each.found != Known(0)
            for each in self._objects
        )
        kinds = [
            kind
            for kind in OBJECTS
            if kind.group == "product_catalog"
            and kind.api_name in self._shown
            and kind.api_name not in self._names
        ]
        if not (kinds and is_cleaned and self._settings.keep_quoted_products):
            return Beside()
        describes = self._salesforce.rest.describe_all([kind.api_name for kind in kinds])
        kinds = [kind for kind in kinds if _tells_own_rows(kind, describes[kind.api_name])]
        return Beside(
            count_objects(self._salesforce, kinds, describes),
            tuple(
                each
                for kind in kinds
                for each in read_relationships(kind.api_name, describes[kind.api_name])
                if each.child in self._shown
            ),
        )

    def _kept(
        self,
        reach: Mapping[Path, Fact[int]],
        relationships: Sequence[Relationship],
        beside: Beside,
    ) -> dict[str, frozenset[str]]:
        if not self._settings.keep_quoted_products:
            return {}
        return read_kept(self._salesforce, self._objects, reach, relationships, beside)

    def _idle(
        self, counter: Counter, ways: Mapping[Relationship, Sequence[Path]]
    ) -> frozenset[Relationship]:
        """Those of circles that no row uses; where nobody can tell, they count as used."""
        circle = in_circles(self._names, ways)
        counted = counter.count([way for each in circle for way in ways[each]])
        return frozenset(
            each for each in circle if all(counted[way] == Known(0) for way in ways[each])
        )

    def _unseen(self, conditions: OrgConditions, told: Collection[str]) -> Iterator[str]:
        """Object types that are not shown and that may be there: they are named, or others are."""
        packages = {name.partition("__")[0] for name in self._shown if of_package(name)}
        if isinstance(conditions.quotes_version, Known):
            packages.add("zqu")
        for kind in selected(self._settings):
            may_be_there = self._settings.include_objects or _package(kind) in packages
            if may_be_there and kind.api_name not in {*self._names, *told}:
                yield kind.api_name

    def _hidden(
        self, reach: Mapping[Path, Fact[int]], *, sees_all: bool
    ) -> Fact[tuple[Relationship, ...]]:
        """What describes leave out, of all whose rows are deleted or go along."""
        going = self._going(reach)
        seen = [each for name in going for each in read_relationships(name, going[name])]
        return read_hidden(self._salesforce, going.keys(), seen, self._shown, sees_all=sees_all)

    def _going(self, reach: Mapping[Path, Fact[int]]) -> Describes:
        """The describes of all whose rows are deleted or go along."""
        names = {each.kind.api_name for each in self._objects if each.found != Known(0)}
        names |= {each.child for each in reach if each.on_delete == "cascade"}
        return {name: self._describes[name] for name in sorted(names & self._describes.keys())}


def _ways(
    relationships: Iterable[Relationship], through: Iterable[Path]
) -> dict[Relationship, list[Path]]:
    """What must go before what, with the ways there: directly, and over rows of others."""
    ways = {each: [Path((each,))] for each in relationships}
    for each in through:
        ways.setdefault(each.as_one, []).append(each)
    return ways


def _package(kind: ObjectType) -> str:
    """Namespace of the package that makes an object type Zuora's."""
    return (kind.where or kind.api_name).partition("__")[0]


def _check_names(settings: Settings, shown: Mapping[str, object]) -> None:
    """A name that matches nothing is no permission and no exception: it is a mistake.

    Raises:
        InputError: It is none of an object that the org shows.
    """
    named = {
        "allow_cascade_to": settings.allow_cascade_to,
        "exclude_objects": tuple(filter(is_unlisted, settings.exclude_objects)),
        "stream_objects": tuple(filter(is_unlisted, settings.stream_objects.values())),
    }
    for setting, names in named.items():
        for name in names:
            if name not in shown:
                raise InputError(
                    f"{setting}: the org has no object '{name}', or does not show it to this user. "
                    "Correct the name, or give the user Read on it."
                )


def _unfiltered(
    kinds: Iterable[ObjectType], describes: Describes, shown: Mapping[str, object]
) -> Iterator[str]:
    """Object types whose own rows can't be told, of packages of which the org shows objects."""
    for kind in kinds:
        is_there = any(name.startswith(f"{_package(kind)}__") for name in shown)
        if is_there and not _tells_own_rows(kind, describes[kind.api_name]):
            yield kind.api_name


def _tells_own_rows(kind: ObjectType, describe: Mapping[str, Any]) -> bool:
    """Whether Zuora's rows can be told from others: an org without Quotes has a plain Product2."""
    fields = {each["name"] for each in describe["fields"]}
    return not kind.where or kind.external_ids[0] in fields
