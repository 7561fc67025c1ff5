"""Whatever rows there were and are, each is told once, and as many as came are back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.verify.merging import fates
from target_zuora360_cleanup.verify.store import Row, Store

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KEYS = st.sampled_from(["", "a", "b", "c"])
BEFORE = st.dictionaries(st.sampled_from([f"old{n}" for n in range(6)]), KEYS)
AFTER = st.dictionaries(st.sampled_from([f"old{n}" for n in range(3)] + ["new1", "new2"]), KEYS)


def rows(given: dict[str, str]) -> list[Row]:
    return [Row(key, id_, "") for id_, key in given.items()]


def side_by_side(path: Path, before: dict[str, str], after: dict[str, str]) -> Counter[str]:
    path.unlink(missing_ok=True)
    store = Store(path)
    with store.filling():
        store.add_was(0, [*rows(before), *rows(before)])  # (a page that was read again)
        store.add_was(1, [Row("a", "other", "")])
        store.add_now(0, rows(after))
    try:
        return Counter(each.kind for each in fates(store.side_by_side(0)))
    finally:
        store.close()


@given(before=BEFORE, after=AFTER)
def test_each_row_has_one_fate_and_as_many_are_back_as_have_come(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], after: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.sqlite"
    found = side_by_side(path, before, after)
    stayed = {id_ for id_, key in before.items() if after.get(id_) == key}
    gone = Counter(key for id_, key in before.items() if id_ not in stayed)
    came = Counter(key for id_, key in after.items() if id_ not in stayed)
    keyless, new = gone.pop("", 0), came.pop("", 0)
    known = {key for key in before.values() if key}
    surplus = came - gone
    assert found == +Counter({
        "stayed": len(stayed),
        "back": (gone & came).total(),
        "not_back": (gone - came).total(),
        "no_key": keyless,
        "twice": sum(n for key, n in surplus.items() if key in known),
        "new_since": new + sum(n for key, n in surplus.items() if key not in known),
    })  # fmt: skip
