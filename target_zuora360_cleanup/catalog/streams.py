"""Which Salesforce object types a stream's name stands for.

Taps spell Zuora's objects in their own ways: ``RatePlanCharge``, ``rate_plan_charges``,
``Account-EU`` for one of several entities, ``public-account`` after a database schema. A name that
is missed keeps its bookmark after its records were deleted, and those records never come back; a
name that is taken by mistake costs a longer sync. So in doubt a name counts.

Pure: the catalogue of object types and the user's ``stream_objects`` are handed in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

__all__ = ["StreamNames", "normal", "qualifies"]

_FILLING = re.compile(r"[_\-\s]+")
_QUALIFIER = re.compile(r"[-.:/\s]+|__")
_PLURAL_IN_ES = re.compile(r"(?<=ss|ch|sh)es$|(?<=[xz])es$")


def normal(name: str) -> str:
    """One spelling for all: no case, no ``_``, ``-`` or white space, singular."""
    return _singular(_FILLING.sub("", name).casefold())


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if _PLURAL_IN_ES.search(word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def qualifies(name: str, stream: str) -> bool:
    """Whether ``name`` is ``stream`` with something before or behind it, as in ``db-account``."""
    return normal(stream) in _parts(name)


def _parts(name: str) -> set[str]:
    return {normal(part) for part in _QUALIFIER.split(name) if part}


@dataclass(frozen=True)
class StreamNames:
    """The names that a tap's streams and bookmarks may have.

    Make it with ``StreamNames.of``.

    Attributes:
        known: normal spelling -> API names of the object types it stands for.
        chosen: stream name, exactly as the user typed it -> API name.
    """

    known: Mapping[str, frozenset[str]]
    chosen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, objects: Iterable[tuple[str, Iterable[str]]], chosen: Mapping[str, str] | None = None
    ) -> StreamNames:
        """Collect the names.

        Args:
            objects: API name and stream names, for every object type of the catalogue, cleaned
                or not. Several object types may share a stream name.
            chosen: the setting ``stream_objects``; it wins over the catalogue.
        """
        known: dict[str, frozenset[str]] = {}
        for api_name, streams in objects:
            for stream in (api_name, *streams):
                spelling = normal(stream)
                known[spelling] = known.get(spelling, frozenset()) | {api_name}
        return cls(known, dict(chosen or {}))

    def objects(self, stream: str) -> frozenset[str]:
        """API names that a stream or bookmark stands for; empty for a stream of something else."""
        if stream in self.chosen:
            return frozenset({self.chosen[stream]})
        exact = self.known.get(normal(stream))
        return exact if exact is not None else self._qualified(stream)

    def _qualified(self, stream: str) -> frozenset[str]:
        return frozenset().union(*(self.known.get(part, ()) for part in _parts(stream)))

    def cleaned(self, objects: Collection[str]) -> Callable[[str], bool]:
        """A predicate: does this stream or bookmark feed one of these object types (API names)?"""
        wanted = frozenset(objects)
        names = self.with_unlisted(wanted)
        return lambda stream: not wanted.isdisjoint(names.objects(stream))

    def with_unlisted(self, objects: Collection[str]) -> StreamNames:
        """The same with object types that the catalogue doesn't list.

        A stream that feeds one is named for it: `Zuora__OrderItem__c` is fed by `OrderItem`.
        """
        listed = frozenset().union(*self.known.values())
        known = dict(self.known)
        for api_name in sorted(set(objects) - listed):
            for name in (api_name, api_name.removesuffix("__c").rpartition("__")[2]):
                spelling = normal(name)
                known[spelling] = known.get(spelling, frozenset()) | {api_name}
        return replace(self, known=known)
