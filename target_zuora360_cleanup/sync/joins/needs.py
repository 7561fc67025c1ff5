"""What has to be known of the records of each stream, so that others can be filled from them. Pure.

A path leads from a record over others to a value. Of each record on it those fields are kept that
the path reads; the fields by which one is found from another are kept in an index too, so that a
change can be followed back to the rows that it concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.paths import KEY

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap, Made
    from target_zuora360_cleanup.catalog.paths import Path


@dataclass(frozen=True)
class Hop:
    """From a record back to those before it on a path.

    Attributes:
        stream: What they are.
        field: Their field that holds what this record is found by; blank where this record holds
            their id itself.
        by: This record's field that is compared.
    """

    stream: str
    field: str
    by: str


@dataclass(frozen=True)
class Use:
    """Where the records of a stream are read: rows of an object, some hops away."""

    object: str
    hops: tuple[Hop, ...]


@dataclass
class Needs:
    """What is needed of streams, by Zuora's name of the object.

    Attributes:
        fields: The fields to keep, by the name to keep them under: the names they may have.
        ties: Those of them that records are found by.
        uses: Which rows its records concern.
        made: What is made for each object, by its API name, and of which stream's records.
        whole: The streams of which all has to be known: sums go over all that a record has there.
    """

    fields: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    ties: dict[str, set[str]] = field(default_factory=dict)
    uses: dict[str, list[Use]] = field(default_factory=dict)
    made: dict[str, tuple[str, tuple[Made, ...]]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, maps: Iterable[FieldMap], has: Mapping[str, Iterable[str]]) -> Needs:
        """What maps need in an org.

        Args:
            maps: The maps.
            has: The fields that may be written, by API name of the object.
        """
        needs = cls()
        for each in maps:
            there = frozenset(has.get(each.object, ()))
            made = tuple(one for one in each.made if one.field in there and not one.is_own)
            if not made:
                continue
            _, before = needs.made.get(each.object, ("", ()))
            needs.made[each.object] = (each.stream, (*before, *made))
            for one in made:
                for path in one.paths:
                    needs._add(each, path)
        return needs

    def _add(self, made_by: FieldMap, path: Path) -> None:
        self._keep(made_by.stream, path.names)
        stream, name = made_by.stream, path.names[0]
        hops: tuple[Hop, ...] = ()
        for step in path.steps:
            names = tuple(step.field.split("|"))
            self._keep(step.stream, names)
            self._keep(step.stream, (step.by,), tie=True)
            if step.order:
                self._keep(step.stream, (step.order,))
            if step.down:
                self.whole.add(step.stream)
                hop = Hop(stream, "", step.by)
            else:
                hop = Hop(stream, name, step.by)
                self._keep(stream, (name,), tie=True)
            hops = (hop, *hops)
            uses = self.uses.setdefault(step.stream, [])
            if (use := Use(made_by.object, hops)) not in uses:
                uses.append(use)
            stream, name = step.stream, names[0]

    def _keep(self, stream: str, names: tuple[str, ...], *, tie: bool = False) -> None:
        if names[0] == KEY:
            self.fields.setdefault(stream, {})
            return
        fields = self.fields.setdefault(stream, {})
        if len(names) > len(fields.get(names[0], ())):
            fields[names[0]] = names
        if tie:
            self.ties.setdefault(stream, set()).add(names[0])

    def __iter__(self) -> Iterator[str]:
        """The streams that anything is needed of."""
        return iter(self.fields)
