"""The objects and fields that a shape adds to an org's."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.shape.companions import companion
from target_zuora360_cleanup.emulator.org.shape.record_types import with_record_types
from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError
from target_zuora360_cleanup.emulator.schema.objects import Field
from target_zuora360_cleanup.emulator.schema.reading import (
    REFERENCE_LENGTH,
    make_object,
    relationship_name,
    settled,
    with_fields,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from target_zuora360_cleanup.emulator.org.shape.shape import Part, Shape
    from target_zuora360_cleanup.emulator.schema.objects import OnDelete, Schema, SObject

__all__ = ["shaped"]

_FLAGS: Final = {
    "not_deletable": "nodelete",
    "not_queryable": "noquery",
    "not_createable": "nocreate",
    "no_activities": "noactivities",
    "setting": "setting_list",
}
_LENGTHS: Final = {"string": 255, "textarea": 32_000, "picklist": 255, "email": 80, "phone": 40,
                   "url": 255, "encryptedstring": 175, "double": 18, "currency": 18,
                   "percent": 18}  # fmt: skip
_SCALES: Final = {"double": 2, "currency": 2, "percent": 2}
_PREFIX_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def shaped(objects: Sequence[SObject], shape: Shape) -> Schema:
    """Return the schema of an org with these objects and those of the shape.

    Raises:
        ShapeError: A name is taken, or names nothing.
    """
    every = {item.name: item for item in objects}
    free = _free_prefixes({item.key_prefix for item in objects})
    for at, part in enumerate(shape.parts("objects")):
        place = f"objects[{at}]"
        if part["name"].lower() in {name.lower() for name in every}:
            raise ShapeError(place, f"the org has {part['name']} already. Choose another name.")
        item = _made(part, free, every.values(), place)
        every |= {each.name: each for each in (item, *_companions(part, item))}
    for at, part in enumerate(shape.parts("fields")):
        _extend(every, part, f"fields[{at}]")
    _check_targets(every)
    return settled(with_record_types(each, shape) for each in every.values())


def _free_prefixes(taken: Collection[str]) -> Iterator[str]:
    return (
        prefix
        for first, second in product(_PREFIX_DIGITS, repeat=2)
        if (prefix := f"b{first}{second}") not in taken
    )


def _made(part: Part, free: Iterator[str], others: Collection[SObject], place: str) -> SObject:
    name, label = part["name"], part.get("label") or _label(part["name"])
    taken = {item.key_prefix: item.name for item in others}
    prefix = part.get("key_prefix") or next(each for each in free if each not in taken)
    if prefix in taken:
        text = f"the key prefix {prefix} is that of {taken[prefix]}. Choose another, or none."
        raise ShapeError(place, text)
    return make_object(
        name,
        prefix,
        label=label,
        plural=part.get("plural") or f"{label}s",
        name_kind=part.get("name_field", "text"),
        fields=[
            _field(name, each, f"{place}.fields[{at}]")
            for at, each in enumerate(part.get("fields", ()))
        ],
        flags=frozenset(_FLAGS[flag] for flag in part.get("flags", ())),
    )


def _label(name: str) -> str:
    return name.removesuffix("__c").rpartition("__")[2].replace("_", " ")


def _companions(part: Part, item: SObject) -> Iterator[SObject]:
    for kind in part.get("companions", ()):
        yield companion(item, kind)


def _extend(every: dict[str, SObject], part: Part, place: str) -> None:
    item = every.get(part["object"])
    if item is None:
        text = f"the org has no object {part['object']}. Name one that it has, or add it."
        raise ShapeError(place, text)
    if item.find(part["name"]) is not None:
        text = f"{item.name} has a field {part['name']} already. Choose another name."
        raise ShapeError(place, text)
    added = _field(item.name, part, place)
    kept = [each for each in item.fields.values() if not _is_owner(each, added)]
    every[item.name] = with_fields(item, [*kept, added])


def _is_owner(field: Field, added: Field) -> bool:
    """Whether the field is an owner that a detail has not."""
    return added.master_detail and field.name == "OwnerId"


def _field(object_name: str, part: Part, place: str) -> Field:
    kind = part["type"]
    made = Field(
        name=part["name"],
        label=part.get("label") or _label(part["name"]),
        type=kind,
        length=part.get("length", _LENGTHS.get(kind, 0)),
        scale=_SCALES.get(kind, 0),
        external_id=part.get("external_id", False),
        unique=part.get("unique", False),
        required=part.get("required", False),
        picklist=tuple(part.get("values", ())),
        restricted=part.get("restricted", False),
    )
    if kind == "reference":
        return _reference(object_name, made, part, place)
    if "to" in part or "on_delete" in part:
        raise ShapeError(place, f"a {kind} leads nowhere. Leave out to and on_delete.")
    return made


def _reference(object_name: str, made: Field, part: Part, place: str) -> Field:
    if "to" not in part:
        raise ShapeError(place, "a reference needs to, the objects that it may lead to.")
    rule, name = part.get("on_delete", "set_null"), made.name
    outcome: OnDelete = "cascade" if rule == "master" else rule
    if len(part["to"]) > 1 and rule == "master":
        raise ShapeError(place, "a detail has one master. Name one object in to.")
    return replace(
        made,
        length=REFERENCE_LENGTH,
        reference_to=tuple(part["to"]),
        relationship_name=part.get("relationship_name") or relationship_name(name),
        child_relationship=part.get("child_relationship", _child_name(object_name, name)),
        on_delete=outcome,
        master_detail=rule == "master",
        polymorphic=len(part["to"]) > 1,
        required=made.required or rule == "master",
        updateable=rule != "master",
    )


def _child_name(object_name: str, field: str) -> str:
    """A name that no other relationship has: `Milestone_Subscription__r`."""
    namespace, _, stem = object_name.removesuffix("__c").rpartition("__")
    bare = field.removesuffix("__c").removesuffix("__pc").rpartition("__")[2]
    return f"{namespace}__{stem}_{bare}__r" if namespace else f"{stem}_{bare}__r"


def _check_targets(every: dict[str, SObject]) -> None:
    for item in every.values():
        for field in item.references:
            gone = [name for name in field.reference_to if name[0] != "*" and name not in every]
            if gone:
                text = f"it leads to {gone[0]}, which the org has not. Add that, or leave it out."
                raise ShapeError(f"{item.name}.{field.name}", text)
