"""Which fields of Zuora's records go into which fields of the 360 objects.

The table is `field_maps.tsv`, one line a field; this module reads it. Its sources: Zuora's pages
"Sync field mappings" of Account, Subscription and Product Catalog objects and of 360+, and the
packages' own metadata for what those pages leave out. Names differ with the version of a package,
so a map names all there have been; the org's describe decides which fields there are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from target_zuora360_cleanup.catalog.paths import KEY, Path, read_path

DELETED: Final = "Deleted"
"""A field of the tap's own, which says that a record is deleted in Zuora (AQuA)."""
FORMS: Final = frozenset({
    "text", "term", "extended", "is_me", "apply_type", "onetime", "recurring", "usage",
    "sum", "min", "first",
})  # fmt: skip
"""What may be made of what was found at the end of paths; `sync/joins/forms.py` does it."""
_TABLE: Final = "field_maps.tsv"


@dataclass(frozen=True)
class FilledRelationship:
    """A relationship to another 360 object that a record's own field fills.

    Attributes:
        source: Zuora's field, which holds the parent's Zuora id; `A|B` where it has two names.
        field: API name of the Salesforce field.
        parent: API name of the parent.
        owns: Whether a row has no place without this parent, though the org would take it.
    """

    source: str
    field: str
    parent: str
    owns: bool = False


@dataclass(frozen=True)
class Made:
    """A field whose value is made of others, or is another record's.

    Attributes:
        paths: Where the values come from.
        form: What is made of them, one of `FORMS`; blank to take the only one as it is.
        field: API name of the Salesforce field.
        parent: API name of the parent, where the value is a parent's Zuora id; blank otherwise.
    """

    paths: tuple[Path, ...]
    form: str
    field: str
    parent: str = ""

    @cached_property
    def is_own(self) -> bool:
        """Whether the record alone says it."""
        return all(each.is_own for each in self.paths) and self.form != "is_me"


@dataclass(frozen=True)
class FieldMap:
    """How the records of one stream fill one object type.

    Attributes:
        stream: Name of the Zuora object.
        object: API name of the 360 object.
        fields: Zuora's field (`A|B` where it has two names) -> API names of the Salesforce fields
            that get its value.
        parents: Relationships to other 360 objects.
        made: Fields that are filled from other records, or from several fields.
        account: Zuora's field with the id of the Salesforce Account, where a record has no place
            without one.
        status: Zuora's field that tells whether a record belongs to the 360 objects.
        elsewhere: Values of it with which a record does not; a row that is there is removed.
        key: Zuora's fields that the external id is made of. Where that is not the record's own id,
            a row stands for a name that many records have.
    """

    stream: str
    object: str
    fields: Mapping[str, tuple[str, ...]]
    parents: tuple[FilledRelationship, ...] = field(default=())
    account: str = ""
    status: str = ""
    elsewhere: frozenset[str] = frozenset()
    made: tuple[Made, ...] = ()
    key: tuple[str, ...] = (KEY,)

    @property
    def by_name(self) -> bool:
        """Whether rows stand for a name that records have, rather than for the records."""
        return self.key != (KEY,)

    def deleted_flag(self) -> str:
        """The Salesforce field that marks what is deleted in Zuora; blank if there is none."""
        return next(iter(self.fields.get(DELETED, ())), "")


@cache
def not_filled() -> tuple[tuple[str, str, str], ...]:
    """Fields of the 360 objects that no map fills, as (object, field, why not)."""
    rows = csv.DictReader(_lines("not_filled.tsv"), delimiter="\t")
    return tuple((row["object"], row["field"], row["why"]) for row in rows)


@cache
def not_restored() -> tuple[tuple[str, str, str], ...]:
    """Fields that are others after a cleanup and a full sync, as (object, field, why).

    Of an org that Zuora's own sync had filled; those that `not_filled` names may be too.
    """
    rows = csv.DictReader(_lines("not_restored.tsv"), delimiter="\t")
    return tuple((row["object"], row["field"], row["why"]) for row in rows)


def _lines(name: str) -> list[str]:
    from importlib.resources import files

    return files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()


@cache
def field_maps() -> tuple[FieldMap, ...]:
    """All maps, in the order of the table, which is read once."""
    return read_field_maps(_lines(_TABLE))


def read_field_maps(lines: Iterable[str]) -> tuple[FieldMap, ...]:
    """The maps that lines of the table say; those of one map follow each other.

    The columns are `stream`, `object`, `field` (Zuora's, or a path; see `paths.py`), `use` and
    `to`. By the use of a field, `to` is:

    - `value`: the Salesforce field that gets its value; a field may have several such lines. With
      `value:form` it gets what that form makes of it, or of several, joined by ` + `.
    - `parent`: the reference field that it fills, and the parent's object: `Lookup__c>Parent__c`.
    - `owner`: the same, of a parent without which a row has no place, whatever the org says.
    - `key`: blank; the external id, where that is not the field `Id`.
    - `account`: blank; the field holds the id of the Salesforce Account, which must be there.
    - `elsewhere`: a value of the field with which a record has no place in Salesforce.

    Of several lines that fill the same Salesforce field, the first counts whose source there is.
    """
    rows = csv.DictReader(lines, delimiter="\t")
    return tuple(
        _field_map(stream, name, list(of_map))
        for (stream, name), of_map in groupby(rows, itemgetter("stream", "object"))
    )


def _field_map(stream: str, name: str, rows: list[dict[str, str]]) -> FieldMap:
    fields: dict[str, tuple[str, ...]] = {}
    parents, made, account, status, elsewhere = [], [], "", "", set()
    key: tuple[str, ...] = (KEY,)
    for row in rows:
        source, to = row["field"], row["to"]
        use, _, form = row["use"].partition(":")
        lookup, _, parent = to.partition(">")
        match use:
            case "value" | "parent" if form or "/" in source or source.startswith("*"):
                made.append(_made(name, source, form, lookup, parent))
            case "value":
                fields[source] = (*fields.get(source, ()), to)
            case "parent" | "owner":
                parents.append(FilledRelationship(source, lookup, parent, use == "owner"))
            case "key":
                key = tuple(source.split(" + "))
            case "account":
                account = source
            case "elsewhere":
                status = source
                elsewhere.add(to)
            case other:
                raise ValueError(f"{_TABLE}: {name}.{source} has the unknown use '{other}'")
    return FieldMap(
        stream,
        name,
        MappingProxyType(fields),
        tuple(parents),
        account,
        status,
        frozenset(elsewhere),
        tuple(made),
        key,
    )


def _made(name: str, source: str, form: str, lookup: str, parent: str) -> Made:
    if form not in FORMS and form:
        raise ValueError(f"{_TABLE}: {name}.{source} has the unknown form '{form}'")
    return Made(tuple(map(read_path, source.split(" + "))), form, lookup, parent)
