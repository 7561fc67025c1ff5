"""An image of Zuora's records in a Salesforce org, field by field, to lay two next to each other.

Read over the org's REST API, as any client of Salesforce would. A lookup to a record of Zuora's is
told by that record's Zuora id, since a record that comes back has another Salesforce id.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

KEYS = (
    "Zuora__EXT_ID__c", "Zuora__External_Id_Unique__c", "Zuora__External_Id__c", "zqu__ZuoraId__c"
)  # fmt: skip
"""Where the 360 objects hold the Zuora id; an object may have several, then the first counts."""
NAMED = {
    "Zuora__PaymentTerm__c": ("Name",),
    "Zuora__PaymentGateway__c": ("Name",),
    "Zuora__UnitOfMeasure__c": ("Name",),
    "zqu__ProductRatePlanChargePriceSummary__c": (
        "zqu__ProductRatePlanCharge__r.zqu__ZuoraId__c", "Name",
    ),
}  # fmt: skip
"""Object types whose rows stand for a name, and the fields that tell one from another.

No export of Zuora's has an id of theirs.
"""
LEFT_OUT = {
    "Id": "Salesforce gives every record that it creates a new one",
    "CreatedDate": "the record was created by the sync",
    "LastModifiedDate": "the record was written by the sync",
    "SystemModstamp": "the same, for Salesforce's own use",
}
"""Fields that no sync writes and that differ in a record that comes back, and why. So do names that
Salesforce gives by itself: numbers that it counts up, or the id where no name is written.
"""
_SECONDS = 60
_AT_ONCE = 150
"""Ids that a URL has room for."""

Row = dict[str, Any]
Image = dict[str, dict[str, Row]]
"""Rows by object type and Zuora id."""


@dataclass(frozen=True)
class Org:
    """A Salesforce org and a token that opens it."""

    url: str
    access_token: str
    version: str = "64.0"

    def image(self, names: Iterable[str]) -> Image:
        """All of Zuora's rows of these object types, with all fields but those `LEFT_OUT`.

        Of other objects all rows, by their Salesforce ids.
        """
        with self._reader() as reader:
            return {name: reader.rows(name) for name in sorted(names)}

    def links(self, lookups: Iterable[str]) -> int:
        """How many lookups of these, as `Object.Field`, are not blank."""
        with self._reader() as reader:
            return sum(reader.filled(*lookup.split(".")) for lookup in lookups)

    def keys(self, name: str) -> dict[str, str]:
        """Zuora's ids of an object's rows, by Salesforce id."""
        with self._reader() as reader:
            return reader.keys(name)

    def hanging(
        self, name: str, field: str, content: Iterable[str], parents: Iterable[str]
    ) -> list[tuple[Any, ...]]:
        """Rows of an object whose lookup leads to one of some records.

        Args:
            name: Of the object.
            field: The lookup.
            content: Other fields.
            parents: Salesforce ids of the records.
        """
        with self._reader() as reader:
            return list(reader.hanging(name, (field, *content), list(parents)))

    def filled_with(self, name: str, field: str) -> list[tuple[Any, ...]]:
        """What is in a field of Zuora's rows: Zuora's id of each, the field, the value."""
        with self._reader() as reader:
            return list(reader.filled_with(name, field))

    def led(self, name: str, field: str) -> tuple[str, list[tuple[Any, ...]]]:
        """The object that a lookup leads to; the rows that have one, with Zuora's id there."""
        with self._reader() as reader:
            return reader.led(name, field)

    @contextmanager
    def _reader(self) -> Iterator[_Reader]:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.access_token}"
            yield _Reader(session, self.url, f"/services/data/v{self.version}")


class _Reader:
    def __init__(self, session: requests.Session, url: str, path: str) -> None:
        self._session, self._url, self._path = session, url, path
        self._described: dict[str, list[dict[str, Any]]] = {}

    def rows(self, name: str) -> dict[str, Row]:
        key = self._key(name) or "Id"
        fields = [self._word(each) for each in self._fields(name) if not _is_left_out(each)]
        soql = f"SELECT Id, {', '.join(fields)} FROM {name} WHERE {key} != null"
        told_by = NAMED.get(name, (key,))
        return {
            " ".join(str(_value(row, each)) for each in told_by): _shown(row, fields)
            for row in self._query(soql)
        }

    def filled(self, name: str, field: str) -> int:
        soql = f"SELECT COUNT() FROM {name} WHERE {field} != null"
        return int(self._get(f"{self._path}/query", q=soql)["totalSize"])

    def keys(self, name: str) -> dict[str, str]:
        key = self._key(name)
        rows = self._query(f"SELECT Id, {key} FROM {name} WHERE {key} != null")
        return {row["Id"]: row[str(key)] for row in rows}

    def hanging(
        self, name: str, fields: Sequence[str], parents: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        for at in range(0, len(parents), _AT_ONCE):
            ids = ", ".join(f"'{each}'" for each in parents[at : at + _AT_ONCE])
            soql = f"SELECT {', '.join(fields)} FROM {name} WHERE {fields[0]} IN ({ids})"
            for row in self._query(soql):
                yield tuple(row[each] for each in fields)

    def filled_with(self, name: str, field: str) -> Iterator[tuple[Any, ...]]:
        key = self._key(name)
        soql = f"SELECT {key}, {field} FROM {name} WHERE {field} != null AND {key} != null"
        return ((row[str(key)], field, row[field]) for row in self._query(soql))

    def led(self, name: str, field: str) -> tuple[str, list[tuple[Any, ...]]]:
        (of,) = (each for each in self._fields(name) if each["name"] == field)
        word = self._word(of)
        rows = self._query(f"SELECT Id, {word} FROM {name} WHERE {field} != null")
        return of["referenceTo"][0], [(row["Id"], _value(row, word)) for row in rows]

    def _word(self, field: Mapping[str, Any]) -> str:
        """How the field is asked for."""
        parents: list[str] = field.get("referenceTo") or []
        key = self._key(parents[0]) if len(parents) == 1 else None
        if key and NAMED.get(parents[0]) == ("Name",):
            key = "Name"
        return f"{field['relationshipName']}.{key}" if key else str(field["name"])

    def _key(self, name: str) -> str | None:
        """The field with the Zuora id; None for an object that is not Zuora's."""
        names = {each["name"] for each in self._fields(name)}
        return next((key for key in KEYS if key in names), None)

    def _fields(self, name: str) -> list[dict[str, Any]]:
        if name not in self._described:
            self._described[name] = self._get(f"{self._path}/sobjects/{name}/describe")["fields"]
        return self._described[name]

    def _query(self, soql: str) -> Iterator[Row]:
        answer = self._get(f"{self._path}/query", q=soql)
        yield from answer["records"]
        while not answer["done"]:
            answer = self._get(answer["nextRecordsUrl"])
            yield from answer["records"]

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        answer = self._session.get(self._url + path, params=parameters, timeout=_SECONDS)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content


def _is_left_out(field: Mapping[str, Any]) -> bool:
    return field["name"] in LEFT_OUT or bool(field["autoNumber"])


def _shown(row: Row, fields: Iterable[str]) -> Row:
    shown = {field: _value(row, field) for field in fields}
    if "Name" in shown and shown["Name"] == row["Id"]:
        shown["Name"] = None
    return shown


def _value(row: Row, path: str) -> Any:
    name, _, rest = path.partition(".")
    value = row[name]
    return _value(value, rest) if rest and value is not None else value


def differences(before: Image, after: Image) -> Iterator[str]:
    """What has become different, in words."""
    for name in sorted(before.keys() | after.keys()):
        was, is_ = before.get(name, {}), after.get(name, {})
        for key in sorted(was.keys() | is_.keys()):
            if key not in is_ or key not in was:
                yield f"{name} {key}: {'is gone' if key in was else 'is new'}"
                continue
            for field in was[key]:
                if was[key][field] != is_[key].get(field):
                    yield f"{name} {key} {field}: {was[key][field]!r} -> {is_[key].get(field)!r}"


def differing(before: Image, after: Image) -> Counter[str]:
    """How many values of each `Object.Field` are different; rows gone or new by their object."""
    found: Counter[str] = Counter()
    for name in before.keys() | after.keys():
        was, is_ = before.get(name, {}), after.get(name, {})
        found[name] += len(was.keys() ^ is_.keys())
        for key in was.keys() & is_.keys():
            old, new = was[key], is_[key]
            found.update(f"{name}.{each}" for each in old if old[each] != new.get(each))
    return +found


def size(image: Image) -> tuple[int, int]:
    """How many rows and how many values are in it."""
    rows = [row for each in image.values() for row in each.values()]
    return len(rows), sum(map(len, rows))
