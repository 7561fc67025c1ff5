"""What has become of rows, told by their external ids. Pure: no I/O."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from target_zuora360_cleanup.verify.store import Row, key_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.verify.store import Placed

Kind = Literal["stayed", "back", "not_back", "no_key", "new_since", "twice"]
_PLACE: Final = itemgetter(0)
_PAIR: Final = 2


class Fate(NamedTuple):
    """What has become of a row.

    Attributes:
        kind: `stayed`, under the same Salesforce id; `back`, with the same external id; `not_back`;
            `no_key`, not there, and it had no external id; `new_since`, in no backup; `twice`, one
            more with an external id than there were.
        was: The row before; None of one that is new.
        now: The row as it is; None of one that is not there.
        is_sure: Whether no other row, before or now, has its external id.
    """

    kind: Kind
    was: Row | None
    now: Row | None
    is_sure: bool = True


def fates(rows: Iterable[Placed]) -> Iterator[Fate]:
    """What has become of each row of one object.

    Args:
        rows: As `Store.side_by_side` gives them.
    """
    for place, same in groupby(rows, _PLACE):
        key, found = key_at(place), list(same)
        if len(found) == _PAIR and found[0][1] != found[1][1]:
            was, now = sorted(found)
            kind: Kind = "stayed" if was[2] == now[2] else "back"
            yield Fate(kind, Row(key, *was[2:]), Row(key, *now[2:]))
        else:
            # (a row of a backup may come twice, if it was read again; either will do)
            before, after = (
                {id_: Row(key, id_, cells) for _, which, id_, cells in found if which == side}
                for side in (0, 1)
            )
            yield from _of_several(before, after)


def _of_several(before: dict[str, Row], after: dict[str, Row]) -> Iterator[Fate]:
    """Rows by their Salesforce ids that share an external id: which is which nobody can tell."""
    is_sure = len(before) == len(after) == 1
    stayed = before.keys() & after.keys()
    for id_ in stayed:
        yield Fate("stayed", before[id_], after[id_], is_sure)
    gone = [row for id_, row in before.items() if id_ not in stayed]
    came = [row for id_, row in after.items() if id_ not in stayed]
    for row, new in zip(gone, came, strict=False):
        yield Fate("back", row, new, is_sure)
    for row in gone[len(came) :]:
        yield Fate("not_back" if row.key else "no_key", row, None)
    for new in came[len(gone) :]:
        yield Fate("twice" if before else "new_since", None, new)
