"""What no cleanup may change, looked at row by row: everything in an org that is not Zuora's."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.support.runs import is_untouchable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.schema.objects import Field, SObject

Row = dict[str, object]
_STAMPS = {"SystemModstamp", "LastModifiedDate", "LastModifiedById"}
"""Blanking a lookup moves these."""


@dataclass(frozen=True)
class Image:
    """All rows that are not Zuora's, by object and id.

    Attributes:
        prints: A hash of all the object's rows, which says sooner that nothing has changed.
    """

    rows: Mapping[str, Mapping[str, Row]]
    prints: Mapping[str, str]

    @classmethod
    def of(cls, org: Org) -> Image:
        """The image of an org as it is now."""
        counts = org.counts()
        objects = [
            each
            for name, each in org.whole.objects.items()
            if counts[name] and is_untouchable(name) and each.api != "tooling"
        ]
        return cls(
            {each.name: _rows(org, each) for each in objects},
            {each.name: org.fingerprint(each.name) for each in objects},
        )


def _rows(org: Org, sobject: SObject) -> dict[str, Row]:
    """Whatever the org's user may see of them."""
    kept = [
        {name: value for name, value in row.items() if name != "attributes"}
        for row in org.all_rows(sobject.name)
        if sobject.name != "Product2" or row.get("zqu__ZuoraId__c") is None
    ]
    return {str(row["Id"]): row for row in kept}


def differences(  # noqa: PLR0913 - what a test lets happen, each by its name
    org: Org,
    before: Image,
    *,
    may_go: frozenset[str],
    quotes: bool,
    relinked: Mapping[str, bool] = MappingProxyType({}),
    detached: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """What has become of these rows that should not have, in words.

    A lookup may have gone blank where its parent is gone; where `quotes` are protected, none of
    theirs may. A row may be gone with its master if its object is one that `may_go`. A lookup of
    those `relinked` (`Object.Field`) may lead to another record that Zuora knows by the same id,
    and from blank to anywhere if it says so: where the image is of an org after its cleanup. One
    that is `detached` may be blank although its record stays, where a trigger has refused that.
    """
    for name, rows in before.rows.items():
        if org.fingerprint(name) == before.prints[name]:
            continue
        sobject = org.whole.get(name)
        now = _rows(org, sobject)
        for id_, row in rows.items():
            after = now.get(id_)
            if after is None:
                if name not in may_go:
                    yield f"{name} {id_} is gone"
                continue
            for field in _changed(row, after):
                strict = quotes and name.startswith("zqu__Quote")
                lookup = f"{name}.{field}"
                was_blank = relinked.get(lookup) and row[field] is None
                if lookup in detached and after[field] is None:
                    continue
                if lookup in relinked and (was_blank or _same_key(org, row[field], after[field])):
                    continue
                if strict or not _went_blank(org, sobject.fields[field], row, after):
                    yield f"{name} {id_} {field}: {row[field]!r} became {after[field]!r}"


def _changed(row: Row, after: Row) -> list[str]:
    return [field for field in row if row[field] != after[field] and field not in _STAMPS]


def _went_blank(org: Org, field: Field, row: Row, after: Row) -> bool:
    if field.type != "reference" or after[field.name] is not None:
        return False
    return not org.is_live(str(row[field.name]))


def _same_key(org: Org, before: object, after: object) -> bool:
    """Whether two ids are of records that Zuora knows by the same id, deleted ones included."""
    keys = [_keys(org, str(each)) for each in (before, after)]
    return any(keys[0]) and keys[0] == keys[1]


def _keys(org: Org, record_id: str) -> list[object]:
    parent = org.schema.by_prefix(record_id[:3])
    if parent is None:
        return []
    names = [each.name for each in parent.fields.values() if each.external_id]
    soql = f"SELECT {', '.join(names)} FROM {parent.name} WHERE Id = '{record_id}'"
    with org.query(soql, all_rows=True) as found:
        return [value for row in found.rows(0, 1) for value in row]
