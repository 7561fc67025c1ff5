"""Whatever people do, of every kind and at each stage: it stays, comes back, or is named.

They do it before a cleanup, while it runs, before the sync, before the relink, and before another
relink. What they did last counts; the rest is as it was before; what is neither is in relink.csv.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.deletion.recheck import Recheck
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.added import DETACHED, JOINED, SUBSCRIPTION
from tests.support.emulated import Emulated
from tests.support.full_sync import Zuora
from tests.support.people import FIELDS, FORECAST, HANGING, LINKS, SHAPE, Doing, People
from tests.support.relinking import relink
from tests.support.runs import login, run
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.plan.plan import Step

MORE = int(os.environ.get("ZUORA360_EXAMPLES", "30"))
PARTS = 3
PLACES = st.integers(0, 9)
pytestmark = [
    pytest.mark.relinks(*DETACHED, f"{FORECAST}.Subscription__c", from_blank=True),
    pytest.mark.detaches(*DETACHED),
    pytest.mark.rows_may_go(*JOINED, *HANGING),
]

FILL = st.tuples(st.just("fill"), st.sampled_from(FIELDS), PLACES, PLACES)
BLANK = st.tuples(st.just("blank"), st.sampled_from(FIELDS), PLACES, st.just(0))
MOVE = st.tuples(st.just("move"), st.sampled_from(sorted(LINKS)), PLACES, PLACES)
LEAVE = st.tuples(st.just("leave"), st.sampled_from(["Task", "Event"]), PLACES, st.just(0))
DROP = st.tuples(st.just("drop"), st.sampled_from(sorted(HANGING)), PLACES, st.just(0))
HANG = st.tuples(st.just("hang"), st.sampled_from(sorted(HANGING)), PLACES, PLACES)
JOIN = st.tuples(st.just("join"), st.sampled_from(sorted(JOINED)), PLACES, PLACES)
PART = st.tuples(st.just("part"), st.sampled_from(sorted(JOINED)), PLACES, st.just(0))


def some(*kinds: st.SearchStrategy[Doing]) -> st.SearchStrategy[list[Doing]]:
    return st.lists(st.one_of(*kinds), max_size=6)


STAGES: Final = st.tuples(
    some(FILL, BLANK, MOVE, LEAVE, DROP, HANG, JOIN, PART),
    # (a row more than planned ends the run)
    some(FILL, BLANK, MOVE, DROP, JOIN, PART),
    some(LEAVE, DROP),
    some(FILL, MOVE, LEAVE, DROP, HANG, JOIN),
    some(FILL, MOVE, LEAVE, DROP, HANG, JOIN, PART),
)
"""What may be done at each."""
EVERYTHING: Final[tuple[list[Doing], ...]] = (
    [("fill", "Story__c", 1, 2), ("blank", "Region__c", 4, 0), ("hang", "Task", 0, 1),
     ("join", "TopicAssignment", 3, 0), ("part", "EntitySubscription", 0, 0)],
    [("fill", "Region__c", 2, 3), ("move", "Call__c", 0, 5), ("drop", "Task", 1, 0),
     ("move", FORECAST, 0, 2), *(("join", name, 4, 0) for name in JOINED)],
    [("leave", "Task", 0, 0), ("drop", "Event", 0, 0)],
    [("fill", "Region__c", 2, 5), ("move", "Call__c", 1, 3), ("hang", "Event", 0, 3),
     ("move", FORECAST, 1, 4), ("join", "ContentDocumentLink", 4, 0)],
    [("fill", "Boss__c", 3, 1), ("part", "TopicAssignment", 0, 0), ("leave", "Event", 0, 0)],
)  # fmt: skip


@given(STAGES)
@example(EVERYTHING)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_of_people_is_overwritten_or_lost_without_a_word(
    stages: tuple[list[Doing], ...],
) -> None:
    check(stages)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_in_many_more_cases(part: int) -> None:
    @seed(part)
    @settings(max_examples=MORE // PARTS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STAGES)
    def any_case(stages: tuple[list[Doing], ...]) -> None:
        check(stages)

    any_case()


def check(stages: tuple[list[Doing], ...]) -> None:
    before, during, gone, synced, relinked = stages
    options = OrgOptions(
        records=60, sandbox=True, quotes=False, shape=SHAPE, customer_rows=frozenset({FORECAST})
    )
    with TemporaryDirectory() as folder, Emulated(options) as server:
        org, output = server.org, Path(folder)
        thin_out(org)
        people = People.of(org)
        people.do(before)
        config = {"object_groups": ["accounts"], "mode": "cleanup", **login(server)}
        zuora = Zuora.of(org)
        with patch.object(Recheck, "turn", _meanwhile(people, during)):
            cleaned = run(config, output)
        assert cleaned.status == 0, cleaned.message
        was = dict(people.expected)
        people.do(gone)
        zuora.sync(org)
        people.do(synced)
        ran = relink(login(server), output)
        assert people.differences() == [], ran.summary
        told = {(row["object"], row["field"]) for row in ran.file("relink.csv")}
        changed = {key for key, value in was.items() if people.expected.get(key) != value}
        assert {(key[0], key[2]) for key in changed if was[key] is not None} <= told
        assert ran.status == 0, ran.message
        people.do(relinked)
        again = relink(login(server), output)
        assert people.differences() == [], again.summary
        people.take_back()


def _meanwhile(people: People, doings: list[Doing]) -> object:
    """They do it just before the org is looked at for the records' own step."""
    real, left = Recheck.turn, [doings]

    def turn(self: Recheck, step: Step) -> Turn:
        if step.name == SUBSCRIPTION and left:
            people.do(left.pop())
        return real(self, step)

    return turn
