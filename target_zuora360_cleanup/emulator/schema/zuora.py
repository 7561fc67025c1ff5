"""What the emulated Zuora knows of its objects, read from `data/zuora.tsv`.

Names and types are those of Zuora's data sources, as its documentation lists them. A line's source
says where the generated rows take a value from: the rows of one Salesforce object, named in the
line of the field `Id` together with the field that holds the Zuora id.

- `Field__c`, or `Lookup__c.Field__c` for a parent's; a lookup becomes the Zuora id of what it
  points to (of an Account the Salesforce id), and `Id` stands for the row's own Zuora id;
- `=text` is a constant, `@updated` the time of the last change;
- `#Object__c` is the Zuora id of some row of that object;
- `>Path` is what the records that a record names have: `>Account.PaymentTerm`;
- `?` is made for the record, as are fields that no generated row has; `?A;B` is one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import md5
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.reading import table_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CREATED", "UPDATED", "ZuoraField", "ZuoraObject", "zuora_id", "zuora_objects"]

UPDATED: Final = "@updated"
CREATED: Final = "@created"
JOIN: Final = "join"


@dataclass(frozen=True)
class ZuoraField:
    """A field of a data source, or the id of an object that can be joined to it.

    Attributes:
        name: As queries name it: `Balance`, or `Account.Id` for a joined object.
        type: As Zuora's describe names it, or `join`.
        source: Where the generated rows take it from.
        changeable: Whether the emulated users of Zuora change it.
    """

    name: str
    type: str
    source: str
    changeable: bool = False


@dataclass(frozen=True)
class ZuoraObject:
    """A data source.

    Attributes:
        name: As queries name it.
        sobject: The Salesforce object whose generated rows it takes.
        key: That object's field with the Zuora id; blank when the rows get ids of their own.
        fields: By name, `Id` first.
        has_deleted: Whether AQuA tells its deleted records.
        every: It takes one in so many rows.
    """

    name: str
    sobject: str
    key: str
    fields: Mapping[str, ZuoraField]
    has_deleted: bool = True
    every: int = 1

    @property
    def table(self) -> str:
        """The name of its table."""
        return f"zuora_{self.name}"

    @property
    def is_synced(self) -> bool:
        """Whether the 360 has an object for it."""
        return bool(self.key)

    @property
    def plain(self) -> tuple[ZuoraField, ...]:
        """Its own fields."""
        return tuple(each for each in self.fields.values() if each.type != JOIN)

    @property
    def joins(self) -> tuple[str, ...]:
        """The names of the objects that can be joined to it."""
        joined = (each for each in self.fields.values() if each.type == JOIN)
        return tuple(each.name.partition(".")[0] for each in joined)

    def find(self, name: str) -> ZuoraField | None:
        """Return the field of that name, whatever its case."""
        wanted = name.lower()
        return next((each for each in self.fields.values() if each.name.lower() == wanted), None)


def zuora_id(seed: int, object_name: str, number: int) -> str:
    """Return the 32 hexadecimal digits by which Zuora knows a record."""
    text = f"{seed}:{object_name}:{number}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@cache
def zuora_objects() -> Mapping[str, ZuoraObject]:
    """Return every object by its name."""
    lines: dict[str, list[dict[str, str]]] = {}
    for row in table_rows("zuora.tsv"):
        lines.setdefault(row["object"], []).append(row)
    return {name: _object(name, rows) for name, rows in lines.items()}


def _object(name: str, rows: list[dict[str, str]]) -> ZuoraObject:
    flags = rows[0]["flags"].split()
    sobject, _, key = rows[0]["source"].partition(".")
    fields = {each.name: each for each in map(_field, rows)}
    if all(each.source != UPDATED for each in fields.values()):
        fields.setdefault("CreatedDate", ZuoraField("CreatedDate", "datetime", CREATED))
        fields["UpdatedDate"] = ZuoraField("UpdatedDate", "datetime", UPDATED)
    every = next((int(flag[5:]) for flag in flags if flag.startswith("every")), 1)
    return ZuoraObject(name, sobject, key, fields, "nodelete" not in flags, every)


def _field(row: dict[str, str]) -> ZuoraField:
    name = f"{row['field']}.Id" if row["type"] == JOIN else row["field"]
    source = "Id" if name == "Id" else row["source"]
    return ZuoraField(name, row["type"], source, changeable="change" in row["flags"])
