"""Begins streams: by which maps their records become rows, and what of a stream can't be loaded."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.field_maps import DELETED
from target_zuora360_cleanup.catalog.paths import by_lower, sent_name
from target_zuora360_cleanup.catalog.streams import normal
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.sync.columns import source_of
from target_zuora360_cleanup.sync.joins.joined import FactTaker, Joined
from target_zuora360_cleanup.sync.records import SDC_DELETED, ChangeMaker
from target_zuora360_cleanup.sync.rows import RowLayout

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.sync.block import Taker
    from target_zuora360_cleanup.sync.joins.facts import Facts
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.loading import Loading
    from target_zuora360_cleanup.sync.org_objects import TargetObject
    from target_zuora360_cleanup.sync.passing import Earlier
    from target_zuora360_cleanup.sync.renamed import Renamed
    from target_zuora360_cleanup.sync.streams_in import StreamMaps
    from target_zuora360_cleanup.sync.tally import Tally

logger = logging.getLogger(__name__)


_NEAR: Final = 0.6
_OWN_PARENT: Final = "."
"""In a field of `field_maps`: a parent by a key of the user's own, `Relationship__r.Key__c`."""


@dataclass(frozen=True)
class StreamIn:
    """A stream of the tap's, as it begins.

    Attributes:
        name: Its name.
        fields: Names of its fields.
        is_whole: Whether the tap sends all that there is of its object in Zuora.
        earlier: Which of its records the tap may have sent before.
    """

    name: str
    fields: Sequence[str]
    is_whole: bool
    earlier: Earlier


@dataclass
class Makers:
    """Makes what takes the records of streams.

    Attributes:
        renamed: Under which names the records of streams come.
        not_loaded: Streams of the tap's that feed object types which this org does not show; their
            bookmarks must not move.
        begun: The streams of this run, each with the object types that it feeds.
    """

    settings: Settings
    maps: StreamMaps
    layouts: RowLayouts
    tally: Tally
    renamed: Renamed
    not_loaded: set[str] = field(default_factory=set)
    begun: dict[str, frozenset[str]] = field(default_factory=dict)
    _made: dict[tuple[str, ...], set[str]] = field(default_factory=dict)

    def of_stream(self, loading: Loading, facts: Facts, stream: StreamIn) -> tuple[Taker, ...]:
        """What takes the records of a stream: what other rows need first, then one an object type.

        Args:
            loading: What the changes go to.
            facts: What other rows are filled from.
            stream: The stream.

        Raises:
            InputError: No object type takes it and `unmapped_streams` is `refuse`, a field that is
                needed is missing, or `field_maps` names one that there is not.
        """
        name, fields = stream.name, stream.fields
        maps = self.maps.of_stream(name)
        there = [each for each in maps if each.object in loading.objects]
        wanted = self.maps.wanted_of(name)
        _check_wanted(wanted, name, fields, [loading.objects[each.object] for each in there])
        makers = [
            made
            for each in there
            if (made := self._maker(loading, facts, stream, each)) is not None
        ]
        taken = self._fact_takers(facts, maps, stream)
        if not makers and not taken:
            self._unmapped(name)
        if len(there) < len(maps):
            # (an object that the org does not show may be there, hidden from the user)
            self.not_loaded |= self.renamed.sources(name)
        self.begun[name] = frozenset(each.object for each in there)
        return (*taken, *makers)

    def _fact_takers(
        self, facts: Facts, maps: Sequence[FieldMap], stream: StreamIn
    ) -> tuple[FactTaker, ...]:
        """What takes note of the records, where other rows are filled from them."""
        streams = {each.stream for each in maps} & set(facts.needs)
        if not maps:
            streams = {each for each in facts.needs if normal(each) == normal(stream.name)}
        for each in streams:
            facts.begin(each, stream.fields, from_the_start=stream.is_whole)
        return tuple(FactTaker.of(each, facts, stream.fields) for each in sorted(streams))

    def feeding(self, objects: Collection[str]) -> set[str]:
        """The streams of the tap's in this run that feed one of these object types."""
        names = [name for name, fed in self.begun.items() if not fed.isdisjoint(objects)]
        return {source for name in names for source in self.renamed.sources(name)}

    def fed(self, source: str) -> list[FieldMap]:
        """The maps that the records of a stream of the tap's go through, whatever they come as."""
        return [each for name in self.renamed.names(source) for each in self.maps.of_stream(name)]

    def _unmapped(self, name: str) -> None:
        if self.settings.unmapped_streams == "refuse":
            raise InputError(
                f"No object type of this org takes the stream '{name}'. Deselect it, name its "
                "object type in stream_objects, or set unmapped_streams to ignore."
            )
        logger.warning("No object type of this org takes the stream '%s': it is ignored.", name)

    def _maker(
        self, loading: Loading, facts: Facts, stream: StreamIn, made_by: FieldMap
    ) -> ChangeMaker | None:
        """What takes the records for one object type; None for names that no field holds."""
        name, fields = stream.name, stream.fields
        target, names = loading.objects[made_by.object], by_lower(fields)
        if made_by.by_name and not all(sent_name([each], names) for each in made_by.key):
            return None
        self._check(target, name, made_by, names)
        flag = made_by.deleted_flag()
        sent = [*fields, DELETED] if flag and SDC_DELETED in names else fields
        layout = RowLayout.of(made_by, loading.objects, sent, loading.order.late)
        if layout.left_out:
            logger.warning(
                "%s has no field %s that this user may fill: left out.",
                target.name,
                ", ".join(layout.left_out),
            )
        loading.sent.add(target.name)
        keeps = self.settings.keep_quoted_products and flag in target.fields
        number = self.layouts.add(layout)
        return ChangeMaker(
            made_by,
            layout,
            number,
            loading.add,
            self.tally,
            by_lower(sent),
            flags_deleted=keeps,
            joins=_joined(made_by, layout, facts, by_lower(sent)),
            made=self._made.setdefault(
                (target.name, *(each.header for each in layout.columns)), set()
            ),
            earlier=stream.earlier,
            asks_age=stream.earlier.any_came and not loading.kept.lasts and not made_by.by_name,
        )

    def _check(
        self, target: TargetObject, name: str, made_by: FieldMap, names: Mapping[str, str]
    ) -> None:
        if not target.writable:
            raise InputError(
                f"The Salesforce user may not create and edit {target.name}: give the permission, "
                f"or deselect the stream '{name}'."
            )
        for needed in _needed(target, made_by):
            if not sent_name(needed.split("|"), names):
                raise InputError(
                    f"The stream '{name}' has no field {needed.replace('|', ' or ')}, without "
                    "which its records have no place in Salesforce: select that field."
                )
        if made_by.status and not sent_name([made_by.status], names):
            logger.warning(
                "The stream '%s' has no field %s: records that have no place in %s can't be told "
                "from others. Select that field.",
                name,
                made_by.status,
                target.name,
            )


def _check_wanted(
    wanted: Mapping[str, tuple[str, ...]],
    stream: str,
    names: Collection[str],
    targets: Collection[TargetObject],
) -> None:
    """Raise `InputError` for a field of the user's own maps that is on neither side."""
    known = {name for target in targets for name in target.fields}
    for source, fields in wanted.items():
        if fields and source.lower() not in by_lower(names):
            near = _near(source, names)
            raise InputError(f"field_maps: the stream '{stream}' has no field '{source}'{near}")
        for each in fields:
            if _OWN_PARENT not in each and each not in known:
                raise InputError(
                    f"field_maps: {' and '.join(target.name for target in targets)} has no field "
                    f"'{each}' that this user may write{_near(each, known)}"
                )


def _joined(
    made_by: FieldMap, layout: RowLayout, facts: Facts, names: Mapping[str, str]
) -> Joined | None:
    """What is made for the columns of a layout; None where nothing is."""
    sources = layout.sources
    made = tuple(each for each in made_by.made if source_of(each) in sources)
    return Joined(made_by.stream, made, facts, names) if made else None


def _needed(target: TargetObject, made_by: FieldMap) -> Iterator[str]:
    """Fields of a stream without which a row has no place; `A|B` where one has two names."""
    yield from made_by.key if made_by.by_name else ("Id",)
    if made_by.account:
        yield made_by.account
    for each in made_by.parents:
        lookup = target.relationships.get(each.field)
        if lookup and (lookup.owning or each.owns):
            yield each.source


def _near(name: str, known: Collection[str]) -> str:
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=_NEAR)
    return f"; did you mean '{found[0]}'?" if found else "."
