"""Whatever people add before a cleanup and change meanwhile: nothing of theirs is overwritten.

Random values of their fields and rows hanging on records go through a cleanup, a full sync and a
relink; between the sync and the relink people fill, attach and delete something else. What they
have done last stays; all else is as it was; what is not is named.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.added import DETACHED, HANGING, SHAPE, SUBSCRIPTION, added
from tests.support.emulated import Emulated
from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import login, run
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.org import Org
    from tests.support.added import Added

MORE = int(os.environ.get("ZUORA360_EXAMPLES", "30"))
PARTS = 2
RECORDS = 60
SAID = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
TEXTS = st.text(SAID, min_size=1, max_size=20).map(str.strip).filter(bool)
LONG = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)
VALUES = {
    "Region__c": TEXTS,
    "Story__c": LONG,
    "Vip__c": st.just(value=True),
    "Boss__c": st.integers(0, 2),
}
pytestmark = [pytest.mark.relinks(*DETACHED), pytest.mark.detaches(*DETACHED)]


@st.composite
def fillings(draw: st.DrawFn) -> list[tuple[int, str, Any]]:
    """What people fill: the place of a subscription, a field, and the value."""
    fields = draw(
        st.lists(st.tuples(st.integers(0, 9), st.sampled_from(sorted(VALUES))), max_size=12)
    )
    return [(at, name, draw(VALUES[name])) for at, name in dict.fromkeys(fields)]


HUNG = st.lists(
    st.tuples(
        st.sampled_from(sorted(HANGING)), st.integers(0, 5), st.sampled_from(["move", "delete"])
    ),
    max_size=4,
    unique_by=lambda each: each[:2],
)


@given(fillings(), fillings(), HUNG)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_people_have_added_is_overwritten_or_lost(
    before: list[tuple[int, str, Any]],
    meanwhile: list[tuple[int, str, Any]],
    moved: list[tuple[str, int, str]],
) -> None:
    check(before, meanwhile, moved)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_in_many_more_cases_either(part: int) -> None:
    @seed(part)
    @settings(max_examples=MORE // PARTS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(fillings(), fillings(), HUNG)
    def any_case(
        before: list[tuple[int, str, Any]],
        meanwhile: list[tuple[int, str, Any]],
        moved: list[tuple[str, int, str]],
    ) -> None:
        check(before, meanwhile, moved)

    any_case()


def check(
    before: list[tuple[int, str, Any]],
    meanwhile: list[tuple[int, str, Any]],
    moved: list[tuple[str, int, str]],
) -> None:
    options = OrgOptions(records=RECORDS, sandbox=True, quotes=False, shape=SHAPE)
    with TemporaryDirectory() as folder, Emulated(options) as server:
        org, output = server.org, Path(folder)
        thin_out(org)
        blank(org)
        fill(org, before)
        was, zuora = added(org), Zuora.of(org)
        config = {"object_groups": ["accounts"], "mode": "cleanup", **login(server)}
        assert run(config, output).status == 0
        zuora.sync(org)
        newer = fill(org, meanwhile) | move(org, moved)
        gone = {(name, id_) for (name, id_, _), value in newer.items() if value is GONE}
        expected = {
            key: value for key, value in (was | newer).items() if (key[0], key[1]) not in gone
        }
        ran = relink(login(server), output)
        now = added(org)
        assert now == expected, ran.summary
        told = {(row["object"], row["field"]) for row in ran.file("relink.csv")}
        assert {(key[0], key[2]) for key in was if was[key] != now.get(key)} <= told
        assert ran.status == 0, ran.message
        relink(login(server), output)
        assert added(org) == expected
        # (the watch over people's rows sees what they have changed themselves)
        for name, id_, field in newer:
            if (name, id_) in gone:
                org.undelete([id_])
            if name in HANGING:
                org.dml("update", name, [{"Id": id_, field: None}])


GONE = object()


def subscriptions(org: Org) -> list[dict[str, Any]]:
    """In the order of their external ids, which a sync keeps."""
    return sorted(org.all_rows(SUBSCRIPTION), key=lambda row: str(row["Zuora__External_Id__c"]))


def blank(org: Org) -> None:
    none = {**dict.fromkeys(VALUES), "Vip__c": False}
    rows = [{"Id": row["Id"], **none} for row in subscriptions(org)]
    assert not [each for each in org.dml("update", SUBSCRIPTION, rows) if each.error]


def fill(org: Org, chosen: list[tuple[int, str, Any]]) -> Added:
    """Fill fields; what is in them then, as `added` has it."""
    there, bosses = subscriptions(org), [str(row["Id"]) for row in org.all_rows("Contact")]
    found: Added = {}
    for at, name, value in chosen:
        row = there[at % len(there)]
        filled = bosses[value % len(bosses)] if name == "Boss__c" else value
        (result,) = org.dml("update", SUBSCRIPTION, [{"Id": row["Id"], name: filled}])
        assert result.error is None, result.error
        found[SUBSCRIPTION, str(row["Zuora__External_Id__c"]), name] = filled
    return found


def move(org: Org, chosen: list[tuple[str, int, str]]) -> Added:
    """Attach rows to another record, or delete them."""
    first, found = subscriptions(org)[0], dict[tuple[str, str, str], object]()
    for name, at, what in chosen:
        rows, field = org.all_rows(name), HANGING[name]
        if not rows:
            continue
        id_ = str(rows[at % len(rows)]["Id"])
        if what == "delete":
            org.dml("delete", name, [{"Id": id_}])
            found[name, id_, field] = GONE
        else:
            org.dml("update", name, [{"Id": id_, field: first["Id"]}])
            found[name, id_, field] = None
    now = added(org)
    return {key: value if value is GONE else now.get(key) for key, value in found.items()}
