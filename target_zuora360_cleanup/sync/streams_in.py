"""Which maps the records of a stream go through, with what the user has added. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from target_zuora360_cleanup.catalog.field_maps import FieldMap, field_maps
from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.catalog.streams import StreamNames, normal, qualifies
from target_zuora360_cleanup.errors import InputError

Wanted: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The setting `field_maps`: stream -> Zuora's field -> Salesforce field, list of them, or null."""
NOWHERE: Final = "-"
"""The same as null, which Meltano drops where a setting is written in `meltano.yml`."""


@dataclass(frozen=True)
class StreamMaps:
    """The maps of every stream.

    Attributes:
        maps: All maps, without the user's additions.
        names: The names that streams may have.
        wanted: The user's additions, by stream.
    """

    maps: tuple[FieldMap, ...]
    names: StreamNames
    wanted: Wanted

    @classmethod
    def of(cls, wanted: Wanted, chosen: Mapping[str, str]) -> StreamMaps:
        """The default maps with the settings `field_maps` and `stream_objects`.

        Raises:
            InputError: `field_maps` names a stream or holds a value that can't be used.
        """
        names = StreamNames.of(((kind.api_name, kind.streams) for kind in OBJECTS), chosen)
        made = cls(field_maps(), names, wanted)
        for stream, fields in wanted.items():
            made.check(stream, fields)
        return made

    def check(self, stream: str, fields: object) -> None:
        """Raise `InputError` for additions that lead nowhere."""
        if not self._default(stream):
            known = sorted({each.stream for each in self.maps})
            near = difflib.get_close_matches(stream, known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else "docs/sync.md lists those there are."
            raise InputError(f"field_maps: no object type takes a stream '{stream}'; {hint}")
        if not isinstance(fields, dict):
            raise InputError(
                f"field_maps: '{stream}' must hold an object of Zuora fields and Salesforce fields."
            )
        for source, targets in fields.items():
            _targets(stream, source, targets)

    def of_stream(self, stream: str) -> tuple[FieldMap, ...]:
        """The maps that the records of a stream go through, one an object type."""
        added = self.wanted.get(stream, {})
        return tuple(_with(each, stream, added) for each in self._default(stream))

    def wanted_of(self, stream: str) -> Mapping[str, tuple[str, ...]]:
        """The user's additions: Zuora's field -> Salesforce fields, none to leave it out."""
        added = self.wanted.get(stream, {})
        return {source: _targets(stream, source, to) for source, to in added.items()}

    def _default(self, stream: str) -> tuple[FieldMap, ...]:
        if chosen := self.names.chosen.get(stream):
            found = [each for each in self.maps if each.object == chosen]
            return tuple(found[:1]) or (FieldMap(stream, chosen, {}),)
        exact = [each for each in self.maps if normal(each.stream) == normal(stream)]
        if exact:
            return tuple(exact)
        objects = self.names.objects(stream)
        qualified = [each for each in self.maps if qualifies(stream, each.stream)]
        return tuple(qualified or (each for each in self.maps if each.object in objects))


def _with(made_by: FieldMap, stream: str, added: Mapping[str, Any]) -> FieldMap:
    if not added or made_by.by_name:
        return made_by
    own = {name.lower(): _targets(stream, name, to) for name, to in added.items()}
    taken = {each for targets in own.values() for each in targets}
    fields = {
        source: tuple(each for each in targets if each not in taken)
        for source, targets in made_by.fields.items()
        if not _is_named(source, own)
    }
    fields |= {name: _targets(stream, name, to) for name, to in added.items()}
    removed = {name for name, targets in own.items() if not targets}
    return replace(
        made_by,
        fields={source: targets for source, targets in fields.items() if targets},
        parents=tuple(
            each
            for each in made_by.parents
            if not _is_named(each.source, removed) and each.field not in taken
        ),
        made=tuple(each for each in made_by.made if each.field not in taken),
    )


def _is_named(source: str, names: Collection[str]) -> bool:
    return any(each.lower() in names for each in source.split("|"))


def _targets(stream: str, source: str, targets: object) -> tuple[str, ...]:
    if targets is None or targets == NOWHERE:
        return ()
    if isinstance(targets, str):
        return (targets,)
    if isinstance(targets, list) and all(isinstance(each, str) for each in targets):
        return tuple(targets)
    raise InputError(
        f"field_maps: '{stream}.{source}' must be a Salesforce field, a list of them, or null."
    )
