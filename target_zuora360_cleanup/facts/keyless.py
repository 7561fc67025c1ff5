"""Counts lookups that lead to rows without an external id: nothing could ever lead them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.facts.counting import Question, ask
from target_zuora360_cleanup.facts.known import Fact, Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.facts.counter import Counter
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.reach import Path


def count_keyless_links(
    counter: Counter, objects: Iterable[ObjectFacts], reach: Mapping[Path, Fact[int]]
) -> dict[Path, Fact[int]]:
    """How many lookups that go blank, or are blanked, lead to a row without a key, by path.

    Where the parents' keys can't be read, or no query can ask for them, all of them do.
    """
    parents = {each.kind.api_name: each for each in objects}
    blank = {
        path: rows
        for path, rows in reach.items()
        if path.on_delete in ("clear", "detach") and path.parent in parents
    }
    doubtful = {
        path: rows for path, rows in blank.items() if not _all_have_keys(parents[path.parent])
    }
    questions = [
        Question.of_rows(path, condition)
        for path in doubtful
        if (condition := _condition(counter, path, parents[path.parent])) is not None
    ]
    counted = ask(counter.salesforce, questions)
    found = {path: counted.get(path, rows) for path, rows in doubtful.items()}
    return {path: rows for path, rows in found.items() if rows != Known(0)}


def _all_have_keys(parent: ObjectFacts) -> bool:
    return bool(parent.keys) and parent.keyless.rows == Known(0)


def _followed(counter: Counter, path: Path) -> str | None:
    lookup = counter.lookups.get((path.child, path.field))
    return lookup.followed_as if lookup else None


def _condition(counter: Counter, path: Path, parent: ObjectFacts) -> str | None:
    """The lookups to rows whose keys are all blank; None where that can't be asked."""
    name, found = _followed(counter, path), counter.condition(path)
    if found is None or not parent.keys or len(path.links) > 1:
        return None
    if name is not None:
        return " AND ".join([found, *(f"{name}.{key} = null" for key in parent.keys)])
    blank = " AND ".join(
        [*([parent.kind.where] if parent.kind.where else []), *(f"{k} = null" for k in parent.keys)]
    )
    is_itself = path.child == path.parent
    return None if is_itself else f"{path.field} IN (SELECT Id FROM {path.parent} WHERE {blank})"
