"""Whatever people move and fill while a cleanup runs: it is there again after sync and relink.

They do it once the deletion has begun, as late as just before their record's own step; what they
did last counts. Rows move from one record to another of the same kind, so that no count grows.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.deletion.delete import Deletion
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.added import DETACHED, HANGING, INVOICE, SHAPE, SUBSCRIPTION, added, fill
from tests.support.emulated import Emulated
from tests.support.full_sync import Zuora, parent_keys, zuora_objects
from tests.support.relinking import relink
from tests.support.runs import login, run
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.emulator.org.org import Org

MORE = int(os.environ.get("ZUORA360_EXAMPLES", "30"))
PARTS = 2
RECORDS = 60
JUST_BEFORE = {
    INVOICE: "Zuora__InvoiceItem__c",
    SUBSCRIPTION: "Zuora__SubscriptionRatePlan__c",
}
"""The step that begins before that of the records, which waits for its end."""
FORECAST = "Renewal_Forecast__c"
LOOKUPS = {**HANGING, FORECAST: "Subscription__c"}
pytestmark = [
    pytest.mark.relinks(*DETACHED, f"{FORECAST}.Subscription__c"),
    pytest.mark.detaches(*DETACHED),
]

MOVES = st.lists(
    st.tuples(st.sampled_from(sorted(LOOKUPS)), st.integers(0, 9), st.integers(0, 9)), max_size=6
)
"""An object, the place of one of its rows, and that of the record to which it moves."""
FILLINGS = st.lists(
    st.tuples(
        st.sampled_from(["Region__c", "Story__c"]),
        st.integers(0, 9),
        st.none() | st.sampled_from(["EMEA", "a,b", 'so "far"\nso good']),
    ),
    max_size=6,
)


@given(MOVES, FILLINGS)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_people_change_before_their_records_step_comes_back(
    moves: list[tuple[str, int, int]], fillings: list[tuple[str, int, str | None]]
) -> None:
    check(moves, fillings)


def test_all_kinds_of_changes_do() -> None:
    moves = [(name, at, at + 1) for name in LOOKUPS for at in range(3)]
    check(moves, [("Region__c", 0, None), ("Region__c", 1, "EMEA"), ("Story__c", 1, "a,b")])


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_it_does_in_many_more_cases(part: int) -> None:
    @seed(part)
    @settings(max_examples=MORE // PARTS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(MOVES, FILLINGS)
    def any_case(
        moves: list[tuple[str, int, int]], fillings: list[tuple[str, int, str | None]]
    ) -> None:
        check(moves, fillings)

    any_case()


def check(moves: list[tuple[str, int, int]], fillings: list[tuple[str, int, str | None]]) -> None:
    options = OrgOptions(
        records=RECORDS, sandbox=True, quotes=False, shape=SHAPE,
        customer_rows=frozenset({FORECAST}),
    )  # fmt: skip
    with TemporaryDirectory() as folder, Emulated(options) as server:
        org, output = server.org, Path(folder)
        thin_out(org)
        fill(org)
        people, zuora = People(org, moves, fillings), Zuora.of(org)
        at_first = patch.object(Deletion, "delete", people.changing(Deletion.delete))
        with at_first:
            ran = run({"object_groups": ["accounts"], "mode": "cleanup", **login(server)}, output)
        assert ran.status == 0, ran.message
        assert people.left == []
        zuora.sync(org)
        again = relink(login(server), output)
        assert {**added(org), **led(org)} == people.expected, again.summary
        assert again.status == 0, again.message
        people.take_back()


def keys_of(org: Org, name: str) -> dict[str, object]:
    """What records of an object are known by, by their ids."""
    (item,) = (each for each in zuora_objects(org) if each.name == name)
    return dict(parent_keys(org, item))


def led(org: Org) -> dict[tuple[str, str, str], object]:
    """Where the forecasts lead, by the subscription's external id."""
    keys = keys_of(org, SUBSCRIPTION)
    field = LOOKUPS[FORECAST]
    return {
        (FORECAST, str(row["Id"]), field): keys.get(str(row[field]))
        for row in org.all_rows(FORECAST)
    }


class People:
    """They change what they have added, when a step begins, once for each kind of record."""

    def __init__(
        self,
        org: Org,
        moves: list[tuple[str, int, int]],
        fillings: list[tuple[str, int, str | None]],
    ) -> None:
        self.org = org
        self.moves, self.fillings = moves, fillings
        self.expected = {**added(org), **led(org)}
        self.left = list(JUST_BEFORE)
        self._rows = [(name, str(row["Id"])) for name in LOOKUPS for row in org.all_rows(name)]
        self._lock = threading.Lock()

    def changing(
        self, real: Callable[[Deletion, Turn], Outcome]
    ) -> Callable[[Deletion, Turn], Outcome]:
        def delete(deletion: Deletion, turn: Turn) -> Outcome:
            with self._lock:
                for name in list(self.left):
                    if JUST_BEFORE[name] == turn.step.name:
                        self.left.remove(name)
                        self._change(name)
            return real(deletion, turn)

        return delete

    def _change(self, name: str) -> None:
        """Move what hangs on records of an object, and fill their fields."""
        records = sorted(self.org.all_rows(name), key=lambda row: str(row["Zuora__External_Id__c"]))
        keys = keys_of(self.org, name)
        for child, at, to in self.moves:
            field = LOOKUPS[child]
            hanging = [row for row in self.org.all_rows(child) if str(row[field]) in keys]
            if hanging:
                row, record = hanging[at % len(hanging)], records[to % len(records)]
                self._set(child, str(row["Id"]), field, record["Id"])
                self.expected[child, str(row["Id"]), field] = keys[str(record["Id"])]
        for field, at, value in self.fillings if name == SUBSCRIPTION else ():
            record = records[at % len(records)]
            self._set(name, str(record["Id"]), field, value)
            key = (name, str(record["Zuora__External_Id__c"]), field)
            self.expected.pop(key, None)
            if value is not None:
                self.expected[key] = value

    def _set(self, name: str, id_: str, field: str, value: object) -> None:
        (result,) = self.org.dml("update", name, [{"Id": id_, field: value}])
        assert result.error is None, result.error

    def take_back(self) -> None:
        """Blank what has moved: the watch over people's rows may see what is as they left it."""
        for name, id_ in self._rows:
            if name in HANGING or any(each[0] == name for each in self.moves):
                self._set(name, id_, LOOKUPS[name], None)
