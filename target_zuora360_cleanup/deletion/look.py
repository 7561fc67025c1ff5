"""Looks at the org again just before a step: what is there now, in as few calls as may be.

It reads and judges nothing: what follows from it is for `recheck`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX
from target_zuora360_cleanup.deletion.fresh import Fresh
from target_zuora360_cleanup.deletion.holding import left_below
from target_zuora360_cleanup.deletion.sight import Sight
from target_zuora360_cleanup.facts.conditions import running_syncs, sync_queries
from target_zuora360_cleanup.facts.counter import Counter
from target_zuora360_cleanup.facts.counting import number_of, read_answers
from target_zuora360_cleanup.facts.detaching import detaching_of
from target_zuora360_cleanup.facts.kept import ids_in, quote_lookups, quote_selections
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown, refusal
from target_zuora360_cleanup.facts.reached import DEEPEST
from target_zuora360_cleanup.reach import (
    Path,
    is_kept_by_salesforce,
    read_lookups,
    read_relationships,
    soql,
)
from target_zuora360_cleanup.reach.junctions import junction_at
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rows import Selection, read_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.facts.counting import Question, Rows
    from target_zuora360_cleanup.facts.org_facts import RunningSync
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.reach import Lookup, Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

_NO_QUERY: Final = Unknown("no query can count them")
_MARKS_SECONDS: Final = 5.0
"""Steps that begin together count marks once."""


@dataclass(frozen=True)
class Seen:
    """The org just before a step.

    Attributes:
        into: All relationships into its object, but those that Salesforce keeps itself.
        syncs: Syncs without an end, by what was looked at for them.
        found: Rows of the step; the planned ones where it does not matter whether some came.
        hierarchy: Rows by the lookups to itself by which they hold or take along others.
        below: Rows of the plan's object types that would go with these, by the way to them.
        reached: Rows of others that its deletion concerns, or a few more, by the way to them.
        quoted: Ids of catalogue rows that quotes use, where what they use stays.
        hides: Why rows may be hidden by now that the plan has seen; blank where none are.
        more: The answers to what the caller asked besides.
    """

    into: Fact[tuple[Relationship, ...]]
    syncs: Mapping[str, Fact[tuple[RunningSync, ...]]]
    found: Fact[int]
    hierarchy: Mapping[str, Fact[int]]
    below: Mapping[Path, Fact[int]]
    reached: Mapping[Path, Fact[int]]
    quoted: Fact[frozenset[str]]
    hides: str = ""
    more: tuple[Rows | ApiError, ...] = ()


class Look:
    """Looks for all steps of a plan. Safe for several threads.

    Attributes:
        lookups: The reference fields of all objects that were looked at; it grows.
        wheres: What tells the rows that are deleted from others, by object type.
        sight: Knows what the user saw.
    """

    def __init__(self, salesforce: Salesforce, plan: Plan, settings: Settings) -> None:
        self._salesforce = salesforce
        self._settings = settings
        self._detaching = detaching_of(settings)
        self.sight = Sight.of(salesforce, plan, settings)
        self._steps = {step.name: step for step in plan.steps}
        self._unknown = frozenset(plan.not_counted)
        self.lookups: dict[tuple[str, str], Lookup] = dict(plan.lookups)
        facts = [step.facts for step in plan.steps]
        self.counter = Counter.of(salesforce, facts, self.lookups)
        lookups = _looked_at(plan) | quote_lookups(plan.beside)
        self._quotes = quote_selections([*facts, *plan.beside.objects], lookups)
        self.wheres = self.counter.wheres
        self._lock = threading.Lock()
        self._marks = Fresh(_MARKS_SECONDS, self._count_marks)
        self._shown: Mapping[str, Mapping[str, Any]] | None = None
        self._describes: dict[str, Mapping[str, Any]] = {}

    def at(self, step: Step, more: Sequence[str] = ()) -> Seen:
        """What is there now.

        Args:
            step: Which.
            more: Other queries to be asked together with these.

        Raises:
            ApiError, requests.RequestException: Salesforce does not tell.
        """
        reached = tuple(self._concerned(step))
        questions = tuple(self.counter.questions(reached))
        own, below = self._own_query(step), dict(self._below_queries(step))
        syncs = self._sync_queries()
        quotes, large = self._quote_reads(step)
        queries = [*own, *below, *syncs.values(), *(each.soql for each in quotes)]
        queries += [*(each.soql for each in questions), *more]
        # (last, so that what was counted before was seen)
        queries += (rights := self.sight.queries)
        archived = {each.soql for each in questions if each.child in soql.WITH_ARCHIVED}
        describe, answers = self._salesforce.rest.look_at(step.name, queries, all_rows=archived)
        told = dict(zip(queries, answers, strict=True))
        return Seen(
            self._into(step, describe),
            running_syncs({name: told[query] for name, query in syncs.items()}),
            self._own(step, told[own[0]], "o") if own else Known(step.found),
            {
                field: self._own(step, told[own[0]], f"s{at}", field)
                for at, field in enumerate(_to_itself(step))
            },
            self._below(step, below, told),
            self._reached(reached, questions, [told[each.soql] for each in questions])
            | self._marks_of(step),
            _quoted(quotes, told).then(lambda ids: Known(ids | self._ids_of(large))),
            self.sight.lost(*(told[each] for each in rights)),
            tuple(told[each] for each in more),
        )

    @property
    def step_names(self) -> Collection[str]:
        """API names of the plan's object types."""
        return self._steps.keys()

    def describe(self, name: str) -> Mapping[str, Any]:
        """The describe of an object of others, read once.

        Raises:
            ApiError, requests.RequestException: Salesforce does not tell.
        """
        with self._lock:
            if name not in self._describes:
                self._describes |= self._salesforce.rest.describe_all([name])
                self.lookups.update(read_lookups(name, self._describes[name]))
            return self._describes[name]

    def joining(self, step: Step) -> Iterator[Path]:
        """Ways to follows, topics and files of a step's records, whether there were any or not."""
        for each in step.seen:
            path = Path((each,))
            if junction_at(path) and path.on_delete == "cascade" and path not in self._unknown:
                yield path

    def exactly(self, path: Path, rows: Fact[int]) -> Fact[int]:
        """How many rows are at the end of a path, where `Seen.reached` may have a few more."""
        # (what was refused for many ways at once may be told for one of them)
        is_final = not isinstance(rows, Unknown) and self.counter.is_exact(path, rows)
        return rows if is_final else self.counter.count([path])[path]

    def keeps_quoted(self, step: Step) -> bool:
        """Whether what quotes use of a step stays, so that no lookup of a quote goes blank."""
        return self._settings.keep_quoted_products and step.kind.group == "product_catalog"

    def _concerned(self, step: Step) -> Iterator[Path]:
        """Ways to rows of others: those that had some, and those that may have some by now."""
        known = [each.path for each in step.reach]
        direct = [
            self._detaching.weighed(Path((each,)), self.lookups)
            for each in step.seen
            if self._is_outside(each)
        ]
        deeper = [way for path in known if path.on_delete == "cascade" for way in self._then(path)]
        for path in dict.fromkeys([*known, *direct, *deeper]):
            is_told = path.nature == "mark" and len(path.links) == 1
            if path not in self._unknown and not is_told and not self._is_kept_for(step, path):
                yield path

    def _marks_of(self, step: Step) -> dict[Path, Fact[int]]:
        """Marks on the rows: counted for all steps that begin together."""
        counted = self._marks.read()
        return {path: rows for path, rows in counted.items() if path.root == step.name}

    def _count_marks(self) -> dict[Path, Fact[int]]:
        ways = (Path((each,)) for step in self._steps.values() for each in step.seen)
        marks = [each for each in ways if each.nature == "mark" and self._is_outside(each.links[0])]
        return self.counter.count([each for each in marks if self._is_counted(each)])

    def _is_counted(self, path: Path) -> bool:
        """Whether marks are; those that are written down are read when they are."""
        are_written = self._settings.lookup_links == "snapshot"
        return path not in self._unknown and not (are_written and junction_at(path))

    def _then(self, path: Path) -> Iterator[Path]:
        if len(path.links) < DEEPEST:
            for each in read_relationships(path.child, self.describe(path.child)):
                if self._is_outside(each):
                    yield path.then(each)

    def _is_outside(self, each: Relationship) -> bool:
        """Whether it leads from rows that are not to be deleted, and that somebody has made."""
        step = self._steps.get(each.child)
        is_deleted = step is not None and not step.kind.where
        return not is_deleted and not self._is_companion(each)

    def _is_companion(self, each: Relationship) -> bool:
        return is_kept_by_salesforce(each.child, self._summaries().get(each.child))

    def _is_kept_for(self, step: Step, path: Path) -> bool:
        is_quote = path.child.startswith(QUOTE_PREFIX) and path.on_delete == "clear"
        return is_quote and self.keeps_quoted(step)

    def _summaries(self) -> Mapping[str, Mapping[str, Any]]:
        """The global describe, read once."""
        with self._lock:
            if self._shown is None:
                self._shown = self._salesforce.rest.object_names()
            return self._shown

    def _sync_queries(self) -> dict[str, str]:
        if self._settings.ignore_running_sync:
            return {}
        return sync_queries(self._summaries().keys())

    def _own_query(self, step: Step) -> list[str]:
        """What counts a step's own rows, where their number decides something."""
        fields = _to_itself(step)
        if not (fields or self.keeps_quoted(step)):
            return []
        more = (f"COUNT({field}) s{at}" for at, field in enumerate(fields))
        where = f" WHERE {step.kind.where}" if step.kind.where else ""
        return [f"SELECT {', '.join(['COUNT(Id) o', *more])} FROM {step.name}{where}"]

    def _own(self, step: Step, answer: Rows | ApiError, column: str, field: str = "") -> Fact[int]:
        return self._number(answer, column, step.name, field, step.kind.where)

    def _number(
        self, answer: Rows | ApiError, column: str, name: str, field: str, where: str = ""
    ) -> Fact[int]:
        """Rows of an object with a value in a field, or all of them."""
        conditions = [*([f"{field} != null"] if field else []), *([where] if where else [])]
        more = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return number_of(self._salesforce, answer, column, f"SELECT Id FROM {name}{more}")

    def _below(
        self,
        step: Step,
        queries: Mapping[str, Sequence[Path]],
        told: Mapping[str, Rows | ApiError],
    ) -> dict[Path, Fact[int]]:
        counted: dict[Path, Fact[int]] = dict.fromkeys(step.through, _NO_QUERY)
        for query, paths in queries.items():
            for at, path in enumerate(paths):
                if len(path.links) == 1:
                    where = str(self.wheres.get(path.child) or "")
                    counted[path] = self._number(
                        told[query], f"b{at}", path.child, path.field, where
                    )
                else:
                    rows = query.replace("COUNT(Id) b0", "Id", 1)
                    counted[path] = number_of(self._salesforce, told[query], f"b{at}", rows)
        return counted

    def _below_queries(self, step: Step) -> Iterator[tuple[str, tuple[Path, ...]]]:
        """Queries that count rows to be deleted below these, with the ways that each counts."""
        direct: dict[str, list[Path]] = {}
        for each in step.below:
            if each.child != step.name:
                direct.setdefault(each.child, []).append(Path((each,)))
        for child, paths in direct.items():
            columns = ", ".join(f"COUNT({each.field}) b{at}" for at, each in enumerate(paths))
            own = self.wheres.get(child)
            where = f" WHERE {own}" if own else ""
            yield f"SELECT {columns} FROM {child}{where}", tuple(paths)
        for path in step.through:
            if found := left_below(path, self.lookups, self.wheres):
                yield f"SELECT COUNT(Id) b0 FROM {path.child} WHERE {found}", (path,)

    def _quote_reads(self, step: Step) -> tuple[list[Selection], list[Selection]]:
        """What reads the ids that quotes use: few rows, and many."""
        wanted = self._quotes if self.keeps_quoted(step) else []
        small = [each for each in wanted if each.fits_rest]
        return small, [each for each in wanted if not each.fits_rest]

    def _ids_of(self, selections: Sequence[Selection]) -> frozenset[str]:
        return ids_in(read_tables(self._salesforce, selections))

    def _into(
        self, step: Step, describe: Mapping[str, Any] | ApiError
    ) -> Fact[tuple[Relationship, ...]]:
        if isinstance(describe, ApiError):
            return refusal(describe)
        with self._lock:
            self.lookups.update(read_lookups(step.name, describe))
        into = read_relationships(step.name, describe)
        return Known(tuple(each for each in into if not self._is_companion(each)))

    def _reached(
        self,
        paths: Iterable[Path],
        questions: Sequence[Question],
        answers: Sequence[Rows | ApiError],
    ) -> dict[Path, Fact[int]]:
        counted = read_answers(self._salesforce, questions, answers)
        return {path: counted.get(path, _NO_QUERY) for path in paths}


def _looked_at(plan: Plan) -> dict[Path, int]:
    """Every relationship into the plan's object types, with about how many rows use it."""
    planned = {each.path: each.rows for step in plan.steps for each in step.reach}
    ways = [Path((each,)) for step in plan.steps for each in step.seen]
    return {way: planned.get(way, 0) for way in ways}


def _quoted(
    selections: Sequence[Selection], told: Mapping[str, Rows | ApiError]
) -> Fact[frozenset[str]]:
    found: set[str] = set()
    for each in selections:
        answer = told[each.soql]
        if isinstance(answer, ApiError):
            return refusal(answer)
        found |= {str(row[field]) for row in answer for field in each.fields if row.get(field)}
    return Known(frozenset(found))


def _to_itself(step: Step) -> tuple[str, ...]:
    """The lookups to itself by which rows hold or take along others."""
    own = [each.field for each in step.below if each.child == step.name]
    return tuple(dict.fromkeys([*step.held_by_itself, *own]))
