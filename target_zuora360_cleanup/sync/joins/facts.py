"""What is known of records that other rows are filled from, and which rows that concerns.

A record that says something new makes the rows stale that were filled from what it said before;
they are filled anew at the end of a run, of this one or of a later one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from target_zuora360_cleanup.catalog.paths import KEY, sent_name
from target_zuora360_cleanup.kept.parts import marks, parts
from target_zuora360_cleanup.sync.joins.forms import NotKnown

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.paths import Path, Step
    from target_zuora360_cleanup.kept.store import Store
    from target_zuora360_cleanup.sync.joins.needs import Hop, Needs

Said = dict[str, Any]
Sayings = Mapping[str, Said]
"""What records say, by their ids."""
_NOTHING: Final = (None, "")
_ENCODE: Final = msgspec.json.Encoder(enc_hook=str).encode


class Others(dict[tuple[str, str, str], Said]):
    """The records that one record's values come from: by stream, field and value, once asked."""


class Facts:
    """What is known, in one store.

    Args:
        store: Where it is kept.
        needs: What has to be known.
    """

    def __init__(self, store: Store, needs: Needs) -> None:
        self._db, self.needs = store.db, needs
        self._whole = {
            name for name, whole in self._db.execute("SELECT name, whole FROM stream") if whole
        }
        self._there = {name for (name,) in self._db.execute("SELECT DISTINCT stream FROM fact")}
        self._recent: tuple[str, Mapping[str, Said]] = "", {}
        self.has_stale = self._db.execute("SELECT 1 FROM stale").fetchone() is not None

    def begin(self, stream: str, fields: Sequence[str], *, from_the_start: bool) -> None:
        """Begin to take in a stream.

        Args:
            stream: Zuora's name of the object.
            fields: Names of its fields.
            from_the_start: Whether the tap sends all of it, having no bookmark.
        """
        self._db.execute(
            "INSERT INTO stream VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " fields = excluded.fields, whole = max(whole, excluded.whole)",
            (stream, json.dumps(list(fields)), from_the_start),
        )
        # (what was known of all of it may have been forgotten)
        sql = "SELECT whole FROM stream WHERE name = ?"
        (is_whole,) = self._db.execute(sql, (stream,)).fetchone()
        (self._whole.add if is_whole else self._whole.discard)(stream)

    def fields(self, stream: str) -> list[str]:
        """The fields that a stream had when it last came; none where it never did."""
        found = self._db.execute("SELECT fields FROM stream WHERE name = ?", (stream,)).fetchone()
        return json.loads(found[0]) if found else []

    def sent(self, stream: str, names: Mapping[str, str]) -> dict[str, str]:
        """Which fields of a stream are taken note of: under which name, and as what it sends them.

        Args:
            stream: Zuora's name of the object.
            names: The stream's fields by their names without case.
        """
        found = {name: sent_name(known, names) for name, known in self.needs.fields[stream].items()}
        return {name: sent for name, sent in found.items() if sent}

    def take(self, stream: str, records: Sayings) -> None:
        """Take note of what records say; what they lack stays as it was known.

        Args:
            stream: Zuora's name of the object.
            records: What they say, by their ids, under the names to keep it under.
        """
        known = self._texts(stream, records)
        before = {key: json.loads(text) for key, text in known.items()}
        now = {key: before[key] | said if key in before else said for key, said in records.items()}
        self._recent = stream, now
        texts = {key: _json(said) for key, said in now.items()}
        # (what was kept may have been spelled otherwise)
        new = {
            key: said
            for key, said in now.items()
            if key not in before or texts[key] not in (known[key], _json(before[key]))
        }
        if not new:
            return
        self._there.add(stream)
        self._tie(stream, before, new)
        self._make_stale(stream, before, new)
        # (last, so that what a run that dies has not done is done again)
        self._db.executemany(
            "INSERT OR REPLACE INTO fact VALUES (?, ?, ?)",
            ((stream, key, texts[key]) for key in new),
        )

    def _texts(self, stream: str, keys: Iterable[str]) -> dict[str, str]:
        """What is known of records, as JSON, by their ids."""
        if stream not in self._there:
            return {}
        sql = "SELECT id, said FROM fact WHERE stream = ? AND id IN ({})"
        found: dict[str, str] = {}
        for part in parts(keys):
            found.update(self._db.execute(sql.format(marks(part)), (stream, *part)))
        return found

    def forget(self, stream: str, key: str) -> None:
        """A record is deleted in Zuora."""
        self._recent = "", {}
        said = self.of(stream, key)
        if said is None:
            return
        before, now = {key: said}, {key: Said()}
        self._make_stale(stream, before, now)
        self._db.execute("DELETE FROM fact WHERE stream = ? AND id = ?", (stream, key))
        self._tie(stream, before, now)

    def of(self, stream: str, key: str) -> Said | None:
        """What is known of a record; None where nothing is."""
        if stream not in self._there:
            return None
        name, recent = self._recent
        if name == stream and (said := recent.get(key)) is not None:
            return said
        text = self._texts(stream, [key]).get(key)
        return json.loads(text) if text else None

    def _tie(self, stream: str, before: Sayings, now: Sayings) -> None:
        """Have records found by what they say now, and no more by what they said before."""
        gone, come = list[tuple[str, ...]](), list[tuple[str, ...]]()
        for field in self.needs.ties.get(stream, ()):
            for key, said in now.items():
                was, value = before.get(key, {}).get(field), said.get(field)
                if was == value:
                    continue
                if was not in _NOTHING:
                    gone.append((stream, field, str(was), key))
                if value not in _NOTHING:
                    come.append((stream, field, str(value), key))
        self._db.executemany(
            "DELETE FROM tie WHERE stream = ? AND field = ? AND value = ? AND id = ?", gone
        )
        self._db.executemany("INSERT OR IGNORE INTO tie VALUES (?, ?, ?, ?)", come)

    def _make_stale(self, stream: str, before: Sayings, now: Sayings) -> None:
        """Take note of the rows that records concern which say something else now."""
        stale = set[tuple[str, str]]()
        for use in self.needs.uses.get(stream, ()):
            first = use.hops[0]
            if first.field and first.stream not in self._there:
                continue
            # (rows of these records are made only now)
            made_now = now if self.needs.made[use.object][0] == stream else ()
            for key, said in now.items():
                rows = self._back(use.hops, key, (before.get(key, {}), said))
                stale.update((use.object, each) for each in rows if each not in made_now)
        self._note_stale(stale)

    def _note_stale(self, stale: set[tuple[str, str]]) -> None:
        self.has_stale = self.has_stale or bool(stale)
        self._db.executemany("INSERT OR IGNORE INTO stale VALUES (?, ?)", stale)

    def _back(self, hops: Sequence[Hop], key: str, sayings: Sequence[Said]) -> set[str]:
        """The rows that a record concerns, by way of the records between."""
        level = self._hop(hops[0], key, sayings)
        for at, hop in enumerate(hops[1:], 1):
            stream = hops[at - 1].stream
            level = {
                each for one in level for each in self._hop(hop, one, (self.of(stream, one) or {},))
            }
        return level

    def _hop(self, hop: Hop, key: str, sayings: Sequence[Said]) -> set[str]:
        values = {
            str(value)
            for value in ([key] if hop.by == KEY else [said.get(hop.by) for said in sayings])
            if value not in _NOTHING
        }
        if not hop.field:
            return values
        return {each for value in values for each in self._tied(hop.stream, hop.field, value)}

    def _tied(self, stream: str, field: str, value: str) -> list[str]:
        if stream not in self._there:
            return []
        return [
            key
            for (key,) in self._db.execute(
                "SELECT id FROM tie WHERE stream = ? AND field = ? AND value = ?",
                (stream, field, value),
            )
        ]

    def found(self, path: Path, key: str, own: Said, others: Others) -> list[Any]:
        """The values at the end of a path.

        Args:
            path: The path, which leads to another record.
            key: The record that it begins with.
            own: What that record says.
            others: Those that have been asked for already.

        Raises:
            NotKnown: A record on the way is not known, or not all of them may be.
        """
        values: list[Any] = [key] if path.names[0] == KEY else [_value(own, path.names[0])]
        for step in path.steps:
            values = [each for value in values for each in self._step(step, value, others)]
        return values

    def _step(self, step: Step, value: object, others: Others) -> list[Any]:
        if value in _NOTHING:
            return [] if step.down else [None]
        field = step.field.split("|")[0]
        if not step.down:
            where = step.stream, step.by, str(value)
            if where not in others:
                others[where] = self._one(step, str(value))
            return [_value(others[where], field)]
        if step.stream not in self._whole:
            raise NotKnown
        found = [
            self.of(step.stream, each) or {}
            for each in self._tied(step.stream, step.by, str(value))
        ]
        if not found:
            raise NotKnown
        return [_value(each, field) for each in _least(found, step.order)]

    def _one(self, step: Step, value: str) -> Said:
        keys = [value] if step.by == KEY else self._tied(step.stream, step.by, value)
        if len(keys) != 1:
            raise NotKnown
        said = self.of(step.stream, keys[0])
        if said is None:
            raise NotKnown
        return {KEY: keys[0], **said}

    def make_stale(self, name: str, keys: Iterable[str]) -> None:
        """Have rows of an object filled anew."""
        self._note_stale({(name, key) for key in keys})

    def stale(self, name: str, size: int) -> list[str]:
        """The next rows of an object that are to be filled anew; they are so no more."""
        found = [
            key
            for (key,) in self._db.execute(
                "SELECT id FROM stale WHERE object = ? LIMIT ?", (name, size)
            )
        ]
        self._db.executemany(
            "DELETE FROM stale WHERE object = ? AND id = ?", ((name, key) for key in found)
        )
        return found


def _json(said: Said) -> str:
    return _ENCODE(said).decode()


def _value(said: Said, field: str) -> Any:  # noqa: ANN401 - whatever the tap sent
    try:
        return said[field]
    except KeyError:
        raise NotKnown from None


def _least(found: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """Those that come first; all where there is no order."""
    if not order:
        return found
    places = [_place(each.get(order)) for each in found]
    least = min(places)
    return [each for each, place in zip(found, places, strict=True) if place == least]


def _place(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("inf")
