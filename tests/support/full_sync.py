"""The full sync after a cleanup: brings Zuora's records back, with new Salesforce ids."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import of_package
from tests.support.runs import is_untouchable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.schema.objects import Field, SObject

Row = dict[str, Any]


def zuora_objects(org: Org) -> list[SObject]:
    """Objects that hold Zuora's records; Product2 holds others too."""
    return [
        each
        for name, each in org.schema.objects.items()
        if name == "Product2"
        or (name.startswith(("Zuora__", "zqu__")) and not is_untouchable(name))
        if each.createable and each.queryable
    ]


def read(org: Org, name: str, fields: Collection[str], *, all_rows: bool = False) -> list[Row]:
    """All rows of an object."""
    with org.query(f"SELECT {', '.join(fields)} FROM {name}", all_rows=all_rows) as found:
        return [dict(zip(fields, row, strict=True)) for row in found.rows(0, found.total)]


@dataclass(frozen=True)
class Zuora:
    """What Zuora knows: its records as they are in an org now."""

    rows: Mapping[str, list[Row]]

    @classmethod
    def of(cls, org: Org) -> Zuora:
        """Remember Zuora's records."""
        rows = {each.name: read(org, each.name, list(each.fields)) for each in zuora_objects(org)}
        rows["Product2"] = [row for row in rows["Product2"] if row["zqu__ZuoraId__c"]]
        return cls(rows)

    def sync(self, org: Org, leave_out: Collection[str] = ()) -> dict[str, str]:
        """Bring back what is not there; new ids by old ones.

        Args:
            org: Where.
            leave_out: Ids of those that Zuora has no more.
        """
        new: dict[str, str] = {}
        for sobject in _ordered(org):
            there = parent_keys(org, sobject, all_rows=False)
            known = {key: id_ for id_, key in there.items()}
            new |= {
                row["Id"]: known[key_of(sobject, row)]
                for row in self.rows.get(sobject.name, ())
                if row["Id"] not in there and key_of(sobject, row) in known
            }
            live = {row["Id"] for row in read(org, sobject.name, ["Id"])}
            rows = [
                row
                for row in self.rows.get(sobject.name, ())
                if row["Id"] not in live | new.keys() and row["Id"] not in leave_out
            ]
            made = [dict(_values(sobject, row, new, needed=True)) for row in rows]
            results = org.dml("insert", sobject.name, made)
            assert not [each.error for each in results if each.error], results[:3]
            new |= {row["Id"]: str(done.id) for row, done in zip(rows, results, strict=True)}
        self._point(org, new)
        return new

    def _point(self, org: Org, new: Mapping[str, str]) -> None:
        """Set the references that a row can be without."""
        for sobject in _ordered(org):
            rows = [row for row in self.rows.get(sobject.name, ()) if row["Id"] in new]
            changes = [
                {"Id": new[row["Id"]], **dict(_values(sobject, row, new, needed=False))}
                for row in rows
            ]
            results = org.dml("update", sobject.name, [row for row in changes if len(row) > 1])
            assert not [each.error for each in results if each.error]


def _values(
    sobject: SObject, row: Row, new: Mapping[str, str], *, needed: bool
) -> Iterator[tuple[str, Any]]:
    for field in sobject.fields.values():
        value = row[field.name]
        if field.system or not field.createable or _is_peoples(sobject, field):
            continue
        if field.type == "reference" and field.name != "OwnerId":
            if value and _is_needed(field) == needed and (needed or value in new):
                yield field.name, new.get(value, value)
            elif value and needed and not _is_zuoras(field):
                yield field.name, value
        elif needed and field.auto_number is None and (value is not None or field.type == "double"):
            yield field.name, value


def _is_peoples(sobject: SObject, field: Field) -> bool:
    """Whether people fill the field of an object of Zuora's: no sync knows of it."""
    is_added = field.custom and not of_package(field.name)
    return not is_untouchable(sobject.name) and (is_added or field.name == "RecordTypeId")


def _is_zuoras(field: Field) -> bool:
    return any(name == "Product2" or name.startswith(("Zuora__", "zqu__"))
               for name in field.reference_to)  # fmt: skip


def _is_needed(field: Field) -> bool:
    return field.required or field.master_detail


def _ordered(org: Org) -> list[SObject]:
    """Parents before children, as far as a child can't be without."""
    objects = {each.name: each for each in zuora_objects(org)}
    graph = {
        name: {
            parent
            for field in each.references
            if _is_needed(field)
            for parent in field.reference_to
            if parent in objects and parent != name
        }
        for name, each in objects.items()
    }
    return [objects[name] for name in TopologicalSorter(graph).static_order()]


def lookups(org: Org) -> dict[tuple[str, str, str], str]:
    """Where every lookup of what is not Zuora's leads: the parent's Zuora id, by where it is.

    A parent without a Zuora id stands for itself.
    """
    found: dict[tuple[str, str, str], str] = {}
    for parent in zuora_objects(org):
        keys = parent_keys(org, parent)
        for child in org.schema.children_of(parent.name):
            field = child.field.name
            queryable = org.schema.get(child.child).queryable
            if is_untouchable(child.child) and queryable and child.field.on_delete == "set_null":
                for row in read(org, child.child, ["Id", field]):
                    # (a lookup may lead to other objects too)
                    if (value := str(row[field] or ""))[:3] == parent.key_prefix:
                        found[child.child, row["Id"], field] = keys.get(value, value)
    return found


def parent_keys(org: Org, parent: SObject, *, all_rows: bool = True) -> dict[str, str]:
    """Zuora's ids of an object's rows, if wanted the deleted ones too, by Salesforce id."""
    names = [each.name for each in _keys(parent)]
    rows = read(org, parent.name, ["Id", *names], all_rows=all_rows)
    keys = {str(row["Id"]): key_of(parent, row) for row in rows}
    return {id_: key for id_, key in keys.items() if key}


def key_of(sobject: SObject, row: Row) -> str:
    """What Zuora knows a row by; blank where it has nothing."""
    values = [row[each.name] for each in _keys(sobject)]
    return "/".join(map(str, values)) if any(values) else ""


def _keys(sobject: SObject) -> list[Field]:
    return [each for each in sobject.fields.values() if each.external_id and each.unique]
