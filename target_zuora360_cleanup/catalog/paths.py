"""Where a value comes from: a field of the record itself, or of records that it leads to. Pure.

As `field_maps.tsv` spells it:

- `BillToContactId|BillToId`: a field, under either name, whatever its case;
- `AccountId/Account.CrmId`: the field `CrmId` of the `Account` whose `Id` is in `AccountId`; more
  steps may follow; `UOM/UnitOfMeasure@UomName.Id` finds a record by another field than its `Id`;
- `*RatePlanCharge@SubscriptionId.MRR`: that field of every `RatePlanCharge` whose `SubscriptionId`
  is this record; with `@RatePlanChargeId:Tier` they have an order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass
from typing import Final

_STEP: Final = re.compile(
    r"(?P<stream>\w+)(?:@(?P<by>\w+))?(?::(?P<order>\w+))?\.(?P<field>[\w|]+)"
)
KEY: Final = "Id"


@dataclass(frozen=True)
class Step:
    """From a record on to others.

    Attributes:
        stream: Zuora's object that the others are of.
        by: Their field that is compared.
        field: Their field that is taken.
        order: Their field that puts them in order, where there may be several.
        down: Whether they lead to the record before, rather than that to them.
    """

    stream: str
    by: str
    field: str
    order: str = ""
    down: bool = False


@dataclass(frozen=True)
class Path:
    """Where a value comes from.

    Attributes:
        names: Names of the record's own field, the one to prefer first; `Id` where the first step
            leads down.
        steps: What follows; none for the record's own field.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether the record itself has the value."""
        return not self.steps

    def needs(self, stream: str) -> Iterator[tuple[str, str]]:
        """The fields that have to be known, as (stream, field), of others than the record too.

        Args:
            stream: The record's own.
        """
        if not self.steps[:1] or not self.steps[0].down:
            yield from ((stream, name) for name in self.names)
        for step in self.steps:
            fields = (step.by, step.field, step.order)
            yield from ((step.stream, each) for each in fields if each and each != KEY)


def read_path(text: str) -> Path:
    """The path that a text of the table says.

    Raises:
        ValueError: It says none.
    """
    first, *rest = text.split("/")
    if first.startswith("*"):
        return Path((KEY,), (_step(first[1:], down=True), *map(_step, rest)))
    if not re.fullmatch(r"[\w|]+", first):
        raise ValueError(f"'{text}' is no path to a value")
    return Path(tuple(first.split("|")), tuple(map(_step, rest)))


def spelled(path: Path) -> str:
    """A path as the table has it, but for the order of what leads down."""
    steps = [
        f"{'*' if each.down else ''}{each.stream}"
        f"{f'@{each.by}' if each.down or each.by != KEY else ''}.{each.field}"
        for each in path.steps
    ]
    first = [] if steps and path.steps[0].down else ["|".join(path.names)]
    return "/".join((*first, *steps))


def _step(text: str, *, down: bool = False) -> Step:
    found = _STEP.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is no step of a path")
    by, order = found["by"] or KEY, found["order"] or ""
    return Step(found["stream"], by, found["field"], order, down)


def sent_name(names: Collection[str], sent: Mapping[str, str]) -> str:
    """The name under which a stream has a field; blank where it has none.

    Args:
        names: Those that the field may have, the one to prefer first.
        sent: The stream's fields, by their names without case (`by_lower`).
    """
    return next((sent[name.lower()] for name in names if name.lower() in sent), "")


def by_lower(fields: Collection[str]) -> dict[str, str]:
    """Fields by their names without case; `Account.Id` goes for `AccountId` where that is not."""
    plain = {name.lower(): name for name in fields}
    return {name.replace(".", ""): field for name, field in plain.items()} | plain
