"""Under which names the records of the tap's streams come: `stream_maps` may give them others.

Bookmarks go by the tap's own names, field maps by those that the records come under.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, Final, NamedTuple

from singer_sdk.mapper import PluginMapper

logger = logging.getLogger(__name__)

_SOURCE: Final = "__source__"
_ALIAS: Final = "__alias__"


def are_remade(stream: str, stream_maps: Mapping[str, Any]) -> bool:
    """Whether more than their stream's name is changed of a stream's records, as settings say.

    Args:
        stream: The tap's name of it.
        stream_maps: The setting; its names may be patterns.
    """
    return any(
        not made.keys() <= {_SOURCE, _ALIAS}
        for name, made in stream_maps.items()
        if isinstance(made, dict) and fnmatch(stream, str(made.get(_SOURCE) or name))
    )


class Named(NamedTuple):
    """A stream by its names.

    Attributes:
        source: As the tap has it.
        name: The one that its records come under.
    """

    source: str
    name: str


@dataclass
class Renamed:
    """The names of streams, as the settings have them and as they have come.

    Attributes:
        maps: The setting `stream_maps`, as far as it says names.
    """

    maps: Mapping[str, dict[str, Any]]
    _told: dict[str, frozenset[str]] = field(default_factory=dict)
    _came: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, stream_maps: Mapping[str, Any]) -> Renamed:
        """What the setting `stream_maps` says."""
        maps = {
            name: {each: made[each] for each in (_SOURCE, _ALIAS) if each in made}
            for name, made in stream_maps.items()
            if isinstance(made, dict)
        }
        return cls(maps)

    def came(self, source: str, name: str) -> None:
        """Records of a stream of the tap's come under a name."""
        self._came.setdefault(source, set()).add(name)

    def names(self, source: str) -> frozenset[str]:
        """The names under which the records of a stream of the tap's come."""
        if source in self._came:
            return frozenset(self._came[source])
        if source not in self._told:
            self._told[source] = frozenset(_names(source, self.maps))
        return self._told[source]

    def sources(self, name: str) -> set[str]:
        """The streams of the tap's in this run whose records come under a name."""
        return {source for source, names in self._came.items() if name in names}


def _names(source: str, maps: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """The names that the SDK gives a stream by these maps, by patterns and expressions too."""
    mapper = PluginMapper({"stream_maps": {**maps}}, logger)
    mapper.register_raw_stream_schema(source, {"properties": {}}, None)
    # (a stream that others are made of still comes itself)
    return (each.stream_alias for each in mapper.stream_maps[source])
