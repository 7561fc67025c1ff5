"""What of an object's rows can be compared: which columns, and in which form. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.catalog.objects import BY_NAME, is_unlisted
from target_zuora360_cleanup.rows.forms import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_zuora360_cleanup.catalog.objects import ObjectType

_SYSTEM: Final = frozenset({
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById",
    "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate",
})  # fmt: skip
"""Fields in which a record that comes back differs for that reason alone."""
_NAME: Final = "Name"


@dataclass(frozen=True)
class Column:
    """A field that is compared.

    Attributes:
        name: API name.
        type: As the describe has it, such as `double` or `reference`.
        parents: The objects that a lookup may lead to.
    """

    name: str
    type: str
    parents: tuple[str, ...] = ()

    @property
    def is_lookup(self) -> bool:
        """Whether its values are records' ids, which are others once the record is back."""
        return self.type == "reference"

    @property
    def may_be_blanked(self) -> bool:
        """Whether the backup may have it blank since its parent was deleted before it was read."""
        return any(name in BY_NAME or is_unlisted(name) for name in self.parents)

    def plain(self, value: str) -> str:
        """A value in the form compared."""
        return plain(self.type, value)


@dataclass(frozen=True)
class Columns:
    """How the rows of one object are compared.

    Attributes:
        object_name: API name.
        label: What a person calls it.
        keys: The external id fields that the backup and the org have, the one to prefer first; of
            rows that stand for a name, that.
        folds: Those whose values are the same in upper and lower case.
        compared: Fields that the backup and the org have, besides keys.
        where: SOQL condition that tells Zuora's rows; blank where every row is.
        unseen: Fields of the backup that the org does not have, or does not show.
        is_joined: Whether a key is of several names, so that signs between them don't count: no
            page shows those of Zuora's own sync.
    """

    object_name: str
    label: str
    keys: tuple[str, ...]
    folds: frozenset[str]
    compared: tuple[Column, ...]
    where: str
    unseen: tuple[str, ...] = ()
    is_joined: bool = False

    @classmethod
    def of(cls, object_name: str, header: Sequence[str], describe: Mapping[str, Any]) -> Columns:
        """What backup and org have in common.

        Args:
            object_name: API name.
            header: The backup's columns.
            describe: The object's, as this user sees it.
        """
        kind = BY_NAME.get(object_name)
        fields = {each["name"]: each for each in describe["fields"]}
        given = (_NAME,) if _is_named(object_name, header) else _key_fields(kind, describe)
        keys = tuple(each for each in given if each in fields and each in header)
        return cls(
            object_name,
            kind.label if kind else str(describe.get("label") or object_name),
            keys,
            frozenset(each for each in keys if not fields[each].get("caseSensitive")),
            tuple(
                Column(name, str(fields[name].get("type")), _parents(fields[name]))
                for name in header
                if name in fields and name not in keys and _is_compared(fields[name])
            ),
            kind.where if kind else "",
            tuple(name for name in header if name not in fields),
            is_joined=any(len(each) > 1 for each in _names_of(object_name)),
        )

    @property
    def selected(self) -> tuple[str, ...]:
        """What is asked of the org."""
        return ("Id", *self.keys, *(each.name for each in self.compared))

    def key(self, values: Sequence[str]) -> str:
        """A row's external id, whichever field has it; blank where none has.

        Args:
            values: Of the keys, in their order.
        """
        for name, value in zip(self.keys, values, strict=True):
            if value:
                return self._form(value, folds=name in self.folds)
        return ""

    def _form(self, value: str, *, folds: bool) -> str:
        """A value of a key in the form in which those of the same row are the same."""
        value = "".join(filter(str.isalnum, value)) if self.is_joined else value
        return value.casefold() if folds else value


def _key_fields(kind: ObjectType | None, describe: Mapping[str, Any]) -> tuple[str, ...]:
    if kind:
        return kind.external_ids
    return tuple(each["name"] for each in describe["fields"] if each.get("externalId"))


def _is_named(object_name: str, header: Sequence[str]) -> bool:
    """Whether rows stand for a name, and are known by it where the backup has it.

    Their external ids are in no export of Zuora's, so that mode `sync` gives them others.
    """
    names = _names_of(object_name)
    return _NAME in header and bool(names) and all(len(each) == 1 for each in names)


def _names_of(object_name: str) -> list[tuple[str, ...]]:
    """What rows stand for, by each map that makes them; nothing where one is of a record."""
    maps = [each for each in field_maps() if each.object == object_name]
    return [each.key for each in maps] if all(each.by_name for each in maps) else []


def _parents(field: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(field.get("referenceTo") or ())


def _is_compared(field: Mapping[str, Any]) -> bool:
    """Whether somebody writes the field: no formula, and no number that Salesforce counts up."""
    is_derived = field.get("calculated") or field.get("autoNumber")
    return not is_derived and field["name"] not in _SYSTEM
