"""Whether records stay or go is the same, asked of many at once or of each by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from hypothesis import example, given
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.paths import by_lower
from target_zuora360_cleanup.sync.records import ChangeMaker
from target_zuora360_cleanup.sync.rows import RowLayout
from tests.sync.test_rows import MAP, OBJECTS

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.sync.changes import Change

CRM: Final = "001000000000001AAA"
PLAIN: Final = {
    "Id": "i", "InvoiceNumber": "n", "AccountId": "a", "Status": "Posted", "CrmId": CRM,
    "Deleted": False,
}  # fmt: skip
SENT: Final = [*PLAIN, "_sdc_deleted_at"]
ODD: Final = st.sampled_from([
    None, "", "x", "Draft", "draft", CRM, f" {CRM}", "true", "0", True, False, 0, 1, 7,
    Decimal(1), ["x"], {"x": 1}, [], {},
])  # fmt: skip
RECORDS: Final = st.lists(
    st.builds(
        lambda some, lacks: {k: v for k, v in {**PLAIN, **some}.items() if k not in lacks},
        st.dictionaries(st.sampled_from(SENT), ODD, max_size=2),
        st.sets(st.sampled_from(SENT), max_size=1),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


MAPS: Final = (
    MAP,
    replace(MAP, account="CrmId", status="Status", elsewhere=frozenset({"Draft"})),
    replace(MAP, key=("Status",)),
    replace(MAP, key=("Status", "InvoiceNumber")),
)


class Told:
    """Takes what becomes of records."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.received, self.cut = 0, Counter[str]()

    def of(self, _: str) -> Told:
        return self

    def fail(self, *what: str) -> None:
        self.all.append(("fail", *what))

    def skip(self, *what: str) -> None:
        self.all.append(("skip", *what))

    def add(self, _: str, change: Change) -> None:
        self.all.append(change)


def told(records: list[dict[str, Any]], made_by: FieldMap, *, one_by_one: bool) -> list[Any]:
    """What becomes of records, of which some come once more."""
    layout, here = RowLayout.of(made_by, OBJECTS, SENT), Told()
    maker = ChangeMaker(made_by, layout, 0, here.add, here, by_lower(SENT))  # type: ignore[arg-type]
    if one_by_one:
        for name in ("_all_stay", "_are_made"):
            object.__setattr__(maker, name, lambda _: False)
    for some in (records[:1], records[1:], records[:1]):
        maker.take(some)
    return here.all


@given(RECORDS, st.sampled_from(MAPS))
@example([PLAIN, {**PLAIN, "Status": ["x"]}], MAPS[1])
@example([{**PLAIN, "Deleted": []}], MAPS[0])
@example([{**PLAIN, "Status": "x"}, {**PLAIN, "Status": "xn"}], MAPS[3])
def test_many_stay_or_go_as_each_of_them_does(
    records: list[dict[str, Any]], made_by: FieldMap
) -> None:
    at_once = told(records, made_by, one_by_one=False)
    assert at_once == told(records, made_by, one_by_one=True)
