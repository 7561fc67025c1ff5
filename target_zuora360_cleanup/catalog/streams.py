"""Which Salesforce object types a stream's name stands for.

Taps spell Zuora's objects in their own ways: ``RatePlanCharge``, ``rate_plan_charges``,
``Account-EU`` for one of several entities, ``public-account`` after a database schema. Where a
stream's records are to be loaded, only such spellings count (``objects``). Where it is about a
bookmark, a name that is missed keeps it after its records were deleted, and those never come back;
a name that is taken by mistake costs a longer sync. So there ``zuora_account``, ``AccountV2`` and
``tenant1_Account`` count as well (``perhaps``).

Pure: the catalogue of object types and the user's ``stream_objects`` are handed in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.zuora_names import NOT_SYNCED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["OTHER", "Cleaned", "StreamNames", "normal", "qualifies"]

OTHER: Final = "other"
"""What ``stream_objects`` says of a stream that feeds no 360 object type."""

_FILLING = re.compile(r"[_\-\s]+")
_QUALIFIER = re.compile(r"[-.:/\s]+|__")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_SHORT = 5  # letters; a shorter name counts only as a word of its own
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
        chosen: stream name, exactly as the user typed it -> API name, or ``OTHER``.
        aliases: stream name -> the name under which its records come.
    """

    known: Mapping[str, frozenset[str]]
    chosen: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        objects: Iterable[tuple[str, Iterable[str]]],
        chosen: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> StreamNames:
        """Collect the names.

        Args:
            objects: API name and stream names, for every object type of the catalogue, cleaned
                or not. Several object types may share a stream name.
            chosen: the setting ``stream_objects``; it wins over the catalogue.
            aliases: other names of streams, as ``stream_maps`` gives them.
        """
        known: dict[str, frozenset[str]] = {}
        for api_name, streams in objects:
            for stream in (api_name, *streams):
                spelling = normal(stream)
                known[spelling] = known.get(spelling, frozenset()) | {api_name}
        return cls(known, dict(chosen or {}), dict(aliases or {}))

    def objects(self, stream: str) -> frozenset[str]:
        """API names that a stream or bookmark stands for; empty for a stream of something else."""
        if stream in self.chosen:
            return frozenset({self.chosen[stream]} - {OTHER})
        exact = self.known.get(normal(stream))
        return exact if exact is not None else self._qualified(stream)

    def _qualified(self, stream: str) -> frozenset[str]:
        return frozenset().union(*(self.known.get(part, ()) for part in _parts(stream)))

    def perhaps(self, bookmark: str) -> frozenset[str]:
        """API names of all object types whose stream a bookmark may belong to; in doubt, more."""
        found = self._explained(bookmark)
        alias = self.aliases.get(bookmark)
        more = self._explained(alias) if alias and alias != bookmark else None
        return (found or frozenset()) | (more or frozenset())

    def is_perhaps(self, bookmark: str, stream: str) -> bool:
        """Whether a bookmark of another name may be a stream's, as the names have it.

        Not one that a stream of something else usually has.
        """
        if _is_named(bookmark, stream) or _is_named(stream, bookmark):
            return True
        is_usual = normal(bookmark) in self.known
        return not is_usual and not self.perhaps(bookmark).isdisjoint(self.objects(stream))

    def are_given_away(self, api_name: str) -> bool:
        """Whether the user says of every stream of an object type that it feeds something else."""
        own = normal(api_name)
        streams = {name for name, objects in self.known.items() if api_name in objects} - {own}
        elsewhere = {normal(name) for name, to in self.chosen.items() if to != api_name}
        here = {normal(name) for name, to in self.chosen.items() if to == api_name}
        return bool(streams) and streams <= elsewhere and not here

    def is_unknown(self, bookmark: str) -> bool:
        """Whether nobody can say what a bookmark belongs to: neither to 360 objects nor to others.

        Zuora's objects that no 360 object type stands behind are known, as is what the user calls
        ``OTHER``.
        """
        alias = self.aliases.get(bookmark, bookmark)
        return self._explained(bookmark) is None and self._explained(alias) is None

    def _explained(self, name: str) -> frozenset[str] | None:
        """What a name stands for; empty for something else that is known, None where unknown."""
        if name in self.chosen:
            return frozenset({self.chosen[name]} - {OTHER})
        chosen = frozenset(to for each, to in self.chosen.items() if _is_named(name, each))
        exact = self.known.get(normal(name))
        if chosen or exact is not None:
            return (exact or frozenset()) | (chosen - {OTHER})
        if normal(name) in _OTHERS:
            return frozenset()
        return self._qualified(name) or self._within(name)

    def _within(self, name: str) -> frozenset[str] | None:
        """What the longest known names within a name stand for."""
        whole, words = normal(name), _sequences(name)
        spellings = {*self.known, *_OTHERS}
        inside = [each for each in spellings if _is_within(each, whole, words)]
        longest = [each for each in inside if not _is_in_another(each, inside)]
        if not longest:
            return None
        return frozenset().union(*(self.known.get(each, frozenset()) for each in longest))

    def cleaned(self, objects: Collection[str]) -> Cleaned:
        """Whether a stream or bookmark feeds one of these object types (API names)."""
        wanted = frozenset(objects)
        return Cleaned(wanted, self.with_unlisted(wanted))

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


@dataclass(frozen=True)
class Cleaned:
    """A predicate of names: does this one belong to an object type that is cleaned?

    Called, it says so of a bookmark, in doubt yes. Within a bookmark only usual spellings count
    (``strictly``): there ``account_id`` is a field, and no stream.
    """

    wanted: frozenset[str]
    names: StreamNames

    def __call__(self, bookmark: str) -> bool:
        """Whether a bookmark may belong to a cleaned stream."""
        return not self.wanted.isdisjoint(self.names.perhaps(bookmark))

    def strictly(self, name: str) -> bool:
        """Whether a name is a cleaned stream's in a usual spelling."""
        return not self.wanted.isdisjoint(self.names.objects(name))


def _is_named(name: str, chosen: str) -> bool:
    """Whether this is the stream that a user has named, perhaps with a schema before it."""
    return normal(name) == normal(chosen) or qualifies(name, chosen)


def _sequences(name: str) -> frozenset[str]:
    """All runs of words in a name, each in its normal spelling."""
    words = [each.casefold() for each in _WORD.findall(name)]
    ends = range(1, len(words) + 1)
    return frozenset(normal("".join(words[begin:end])) for end in ends for begin in range(end))


def _is_within(spelling: str, whole: str, words: Collection[str]) -> bool:
    return spelling in words or (len(spelling) >= _SHORT and spelling in whole)


def _is_in_another(spelling: str, spellings: Iterable[str]) -> bool:
    return any(spelling != each and spelling in each for each in spellings)


_OTHERS: Final = frozenset(normal(each) for each in NOT_SYNCED)
