"""What people have filled on 360 records themselves: no sync brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import to_delete
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.catalog.own_fields import OwnField
    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

OWN_VALUES: Final = Code(
    "own-values",
    "tells",
    "values that people have filled on 360 records and that no sync brings back: they are written "
    "down, and [relink](relink.md) sets them again",
    "none needed, unless `keep_own_values` is off",
    setting="keep_own_values",
    otherwise=("warns",),
)
NOT_KEPT: Final = Code(
    "own-values-not-kept",
    "warns",
    "values of people's own fields that nothing can set again: this user may not write the field, "
    "it leads to another 360 record, or it is encrypted",
    "give the user Edit on the field; or export it",
)


@check(OWN_VALUES)
def own_values(weighed: Weighed) -> Iterator[Finding]:
    """Values that are to be set again after the next full sync."""
    going, kept = to_delete(weighed.facts), weighed.facts.kept
    counts = {
        f"{name}.{each.name}": own.rows.get(each.name)
        for name, own in weighed.facts.own_values.items()
        for each in own.kept
        if going.get(name)
    }
    if not counts:
        return
    types = _types(counts)
    known = [rows.value for rows in counts.values() if isinstance(rows, Known)]
    least = "" if len(known) == len(counts) else "At least "
    if any(kept.get(name) for name in weighed.facts.own_values) and not least:
        least = "Up to "
    values = counted(
        sum(known), "value of people's own fields goes", "values of people's own fields go"
    )
    what = f"{least}{values} with these records, and no "
    were = counted(
        sum(known), "value of people's own fields was", "values of people's own fields were"
    )
    what_was = f"{least}{were} on these records: they went with those that were deleted"
    back = "it" if sum(known) == 1 else "them"
    if weighed.settings.keep_own_values:
        yield OWN_VALUES.found(
            f"{what}sync brings {back} back.{_not_known(counts)}",
            "They are written to values/ in the output folder; relink sets them again after the "
            "next full sync.",
            _rows(counts),
            after=After(
                f"{what_was}, and no sync brings them back.{_not_known(counts)}",
                "They are written to values/ in the output folder; relink sets them again after "
                "the next full sync.",
                types=types,
            ),
        )
    else:
        yield OWN_VALUES.found(
            f"{what}sync brings {back} back; keep_own_values is off.{_not_known(counts)}",
            "Set keep_own_values to have them written down, or export them.",
            _rows(counts),
            "warns",
            After(
                f"{what_was}, and no sync brings them back; keep_own_values is off."
                f"{_not_known(counts)}",
                "They are in the backup, if that is full.",
                types=types,
            ),
        )


@check(NOT_KEPT)
def not_kept(weighed: Weighed) -> Iterator[Finding]:
    """Values that are lost."""
    lost = [
        (f"{name}.{each.name}", _why(each), own.rows.get(each.name))
        for name, own in weighed.facts.own_values.items()
        for each in own.not_kept
        if to_delete(weighed.facts).get(name)
    ]
    if lost:
        told = "; ".join(f"{name} ({why})" for name, why, _ in lost)
        yield NOT_KEPT.found(
            f"Values of these fields go with their records; nothing can set them again: {told}.",
            "Give the user Edit on those that may not be written; export the others.",
            _rows({name: rows for name, _, rows in lost}),
            after=After(
                f"Values of these fields went with the records that were deleted, and nothing can "
                f"set them again: {told}.",
                "They are in the backup, if that is full.",
                types=_types(name for name, _, _ in lost),
            ),
        )


def _types(fields: Iterable[str]) -> tuple[str, ...]:
    """The object types of fields that are told as `Object.Field`."""
    return tuple(dict.fromkeys(each.partition(".")[0] for each in fields))


def _why(each: OwnField) -> str:
    if each.leads_to_cleaned:
        return "it leads to records that are cleaned too"
    if each.is_encrypted:
        return "it is encrypted, and may come masked"
    return "this user may not write it"


def _not_known(counts: dict[str, Fact[int] | None]) -> str:
    """Fields whose values nobody has counted."""
    reasons = {
        name: rows.why if isinstance(rows, Unknown) else "no query can count it"
        for name, rows in counts.items()
        if not isinstance(rows, Known)
    }
    if not reasons:
        return ""
    return f" Not counted: {'; '.join(f'{name} ({why})' for name, why in reasons.items())}."


def _rows(counts: dict[str, Fact[int] | None]) -> tuple[tuple[str, int], ...]:
    return tuple((name, rows.or_else(0) if rows else 0) for name, rows in counts.items())
