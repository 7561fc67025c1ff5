"""Which fields of a 360 record people fill themselves, so that no sync brings their values back.

Pure: from an object's describe. Fields of their own that they have added, lookups to their own
records, the owner, the record type, and of `Product2` what the catalogue's sync leaves alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.catalog.objects import BY_NAME, is_unlisted, of_package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWNER: Final = "OwnerId"
RECORD_TYPE: Final = "RecordTypeId"
CREATOR: Final = "CreatedById"
_FILLED: Final = frozenset({"Name", "CurrencyIsoCode"})
"""Fields that each sync fills, whatever the object."""
_UNREADABLE: Final = frozenset({"base64", "address", "location", "complexvalue"})


@dataclass(frozen=True)
class OwnField:
    """A field that people fill.

    Attributes:
        name: API name.
        type: As the describe has it.
        default: What a record has in it that nobody has filled; blank where that is nothing.
        may_be_set: Whether this user may write it.
        leads_to_cleaned: Whether it may lead to a 360 record, whose id will be another.
        is_filterable: Whether a condition may name it.
        is_counted: Whether a query may count its values.
    """

    name: str
    type: str
    default: str = ""
    may_be_set: bool = True
    leads_to_cleaned: bool = False
    is_filterable: bool = True
    is_counted: bool = True

    @property
    def is_kept(self) -> bool:
        """Whether its values can be written down and set again."""
        return self.may_be_set and not (self.leads_to_cleaned or self.is_encrypted)

    @property
    def is_encrypted(self) -> bool:
        """Whether its values come masked to users without View Encrypted Data.

        ("Classic Encryption for Custom Fields", Salesforce Help.) A mask is no value to be set.
        """
        return self.type == "encryptedstring"

    @property
    def is_boolean(self) -> bool:
        """Whether it always has a value."""
        return self.type == "boolean"

    @property
    def has_value(self) -> str:
        """The condition of rows that have another value than the default; not of an owner."""
        if self.is_boolean:
            return f"{self.name} = {'false' if self.default == 'true' else 'true'}"
        return f"{self.name} != null"

    def is_filled(self, value: str) -> bool:
        """Whether a value is to be written down.

        A record type is also where it is this user's default: another's may be another.
        """
        return value != "" if self.name == RECORD_TYPE else not self.is_blank(value)

    def is_blank(self, value: str) -> bool:
        """Whether a value is what nobody has filled."""
        return value in ("", self.default)


def own_fields(object_name: str, describe: Mapping[str, Any]) -> tuple[OwnField, ...]:
    """The fields of an object that people fill.

    Args:
        object_name: API name of an object type that is cleaned.
        describe: The object's, as this user sees it.
    """
    kind = BY_NAME.get(object_name)
    others = {*_FILLED, *_filled(object_name), *(kind.external_ids if kind else ())}
    return tuple(
        _own_field(each, describe)
        for each in describe["fields"]
        if each["name"] not in others and _is_peoples(each)
    )


def _is_peoples(field: Mapping[str, Any]) -> bool:
    """Whether somebody may fill it, and not the packages; a formula nobody fills."""
    name = field["name"]
    is_theirs = name.endswith("__c") or field.get("updateable")
    is_derived = field.get("calculated") or field.get("autoNumber")
    readable = field.get("type") not in _UNREADABLE
    return bool(is_theirs and readable and not is_derived and not of_package(name))


def _own_field(field: Mapping[str, Any], describe: Mapping[str, Any]) -> OwnField:
    return OwnField(
        field["name"],
        str(field.get("type")),
        _default(field, describe),
        bool(field.get("updateable") and describe.get("updateable")),
        any(name in BY_NAME or is_unlisted(name) for name in field.get("referenceTo") or ()),
        bool(field.get("filterable")),
        bool(field.get("aggregatable")),
    )


def _default(field: Mapping[str, Any], describe: Mapping[str, Any]) -> str:
    """What a new record has in a field; that of the owner is its creator, and not known here."""
    if field["name"] == RECORD_TYPE:
        types = describe.get("recordTypeInfos") or ()
        chosen = [each["recordTypeId"] for each in types if each.get("defaultRecordTypeMapping")]
        return str(chosen[0] or "") if chosen else ""
    given = field.get("defaultValue")
    if field.get("type") == "boolean":
        return "true" if given is True else "false"
    picked = [each["value"] for each in field.get("picklistValues") or () if each["defaultValue"]]
    return str(picked[0] if given is None and picked else given or "")


@cache
def _filled(object_name: str) -> frozenset[str]:
    """The fields of an object that a map fills."""
    return frozenset(_targets(object_name))


def _targets(object_name: str) -> Iterator[str]:
    for each in field_maps():
        if each.object == object_name:
            yield from chain.from_iterable(each.fields.values())
            yield from (parent.field for parent in each.parents)
            yield from (made.field for made in each.made)
