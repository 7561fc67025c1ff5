"""Whatever an org looks like: a cleanup does no more than its plan says, and keeps what it says.

Random objects of people's and of the packages hang on Zuora's records and on each other, some of
them hidden; triggers refuse deletions; rows come while the cleanup runs. The rows of the org before
and after are compared one by one, whoever may see them.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from tests.support.emulated import Emulated
from tests.support.runs import Ran, is_untouchable, login, run
from tests.support.whole_org import OWN, Rows, backed_up, everything, hidden_rows, table, thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


MORE = int(os.environ.get("ZUORA360_EXAMPLES", "200"))
"""Examples of the slow test; 2,000 are tried by hand."""
PARTS = 4
"""Into which they are divided, for workers to share."""
RECORDS = 20
NAMES = (
    "People1__c", "People2__c", "People3__c", "acme__Thing1__c", "acme__Thing2__c", "People4__c",
    "Zuora__Extra1__c", "Zuora__Extra2__c",
)  # fmt: skip
HANGING = {
    "Task": "WhatId", "Note": "ParentId", "FeedItem": "ParentId", "EntitySubscription": "ParentId",
}  # fmt: skip
MARKS = {"EntitySubscription"}
FIELDS = ("Ref0__c", "Ref1__c", "Own__c", "Back__c")
pytestmark = [
    pytest.mark.quotes_may_change,
    pytest.mark.rows_may_go(*NAMES, *HANGING),
    # (where a run ends before the records go to which such rows hung)
    pytest.mark.detaches("Task.WhatId", *(f"{name}.{each}" for name in NAMES for each in FIELDS)),
]
KINDS = st.sampled_from(["cascade", "cascade", "restrict", "set_null", "set_null", "master"])


def rows_before() -> dict[str, int]:
    with open_org(OrgOptions(records=RECORDS, sandbox=True)) as org:
        counts = org.counts()
    return {name: counts[name] for name in OWN if counts[name]}


ROWS = rows_before()


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """A shape, as a file has it."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=6))
    objects, rows, there = [], [], dict(ROWS)
    for name in names:
        fields = [
            {"name": f"Ref{at}__c", "type": "reference", "to": [to], "on_delete": draw(KINDS)}
            for at, to in enumerate(
                draw(st.lists(st.sampled_from(sorted(there)), min_size=1, max_size=2))
            )
        ]
        if draw(st.integers(0, 5)) == 0:
            kind = draw(st.sampled_from(["cascade", "restrict", "set_null"]))
            fields.append({"name": "Own__c", "type": "reference", "to": [name], "on_delete": kind})
        objects.append({"name": name, "fields": fields})
        if count := draw(st.integers(0, 3)):
            rows += [{"object": name, "values": _values(draw, fields, there)} for _ in range(count)]
            there[name] = count
    for name, field in HANGING.items():
        if draw(st.integers(0, 6)) == 0:
            rows.append({"object": name, "values": {field: _row(draw, there), **_more(name)}})
    return {
        "objects": objects,
        "rows": rows,
        **_circle(draw, names, there),
        **_hidden(draw, objects),
        "vetoes": _vetoes(draw),
        "later": _later(draw, objects, there),
    }


def _more(name: str) -> dict[str, Any]:
    return {"Note": {"Title": "x"}, "FeedItem": {"Body": "x"}, "Task": {"Subject": "x"}}.get(
        name, {"SubscriberId": {"object": "User", "at": 1}}
    )


def _row(draw: st.DrawFn, there: Mapping[str, int]) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(there)))
    return {"object": name, "at": draw(st.integers(1, there[name]))}


def _values(
    draw: st.DrawFn, fields: list[dict[str, Any]], there: Mapping[str, int]
) -> dict[str, Any]:
    values = {}
    for each in fields:
        (to,) = each["to"]
        if to in there and (each["on_delete"] == "master" or draw(st.integers(0, 4))):
            values[each["name"]] = {"object": to, "at": draw(st.integers(1, there[to]))}
    return values


def _circle(draw: st.DrawFn, names: list[str], there: Mapping[str, int]) -> dict[str, Any]:
    """A lookup from the first object back to the last, with rows or without."""
    first, last = names[0], names[-1]
    if first == last or draw(st.integers(0, 3)):
        return {}
    kind = draw(st.sampled_from(["cascade", "restrict", "set_null"]))
    field = {"object": first, "name": "Back__c", "type": "reference", "to": [last],
             "on_delete": kind}  # fmt: skip
    if first not in there or last not in there or draw(st.booleans()):
        return {"fields": [field]}
    change = {"object": first, "at": 1, "values": {"Back__c": {"object": last, "at": 1}}}
    return {"fields": [field], "changes": [change]}


def _hidden(draw: st.DrawFn, objects: list[dict[str, Any]]) -> dict[str, Any]:
    if draw(st.integers(0, 3)):
        return {}
    chosen = draw(st.sampled_from(objects))
    what = draw(st.sampled_from(["object", "field", "rows", "rights"]))
    unseen = {"permissions": {"view_all_data": False, "modify_all_data": False}}
    hidden: dict[str, dict[str, Any]] = {
        "object": {"hidden": {"objects": [chosen["name"]]}},
        "field": {"hidden": {"fields": [f"{chosen['name']}.{chosen['fields'][0]['name']}"]}},
        "rows": {"hidden": {"rows": [{"object": chosen["name"], "every": 2}]}, **unseen},
        "rights": {"permissions": {"view_all_data": None, "modify_all_data": None}},
    }
    return hidden[what]


def _vetoes(draw: st.DrawFn) -> list[dict[str, Any]]:
    if draw(st.integers(0, 3)):
        return []
    name = draw(st.sampled_from(sorted(ROWS)))
    return [{"object": name, "every": draw(st.integers(1, 3)), "message": "not this one"}]


def _later(
    draw: st.DrawFn, objects: list[dict[str, Any]], there: Mapping[str, int]
) -> list[dict[str, Any]]:
    """A row that comes when the charges go, on what goes later."""
    if "Zuora__SubscriptionProductCharge__c" not in ROWS or draw(st.integers(0, 4)):
        return []
    chosen = draw(st.sampled_from(objects))
    late = {"Zuora__CustomerAccount__c"}
    if any(each["to"][0] not in late for each in chosen["fields"]):
        return []
    values = _values(draw, chosen["fields"], there)
    return [
        {
            "object": "Zuora__SubscriptionProductCharge__c",
            "rows": [{"object": chosen["name"], "values": values}],
        }
    ]


SETTINGS = st.fixed_dictionaries(
    {
        "allow": st.sampled_from(["none", "all", "some"]),
        "lookup_links": st.sampled_from(["snapshot", "snapshot", "ignore", "refuse"]),
        "backup": st.sampled_from(["ids", "full"]),
        "allow_hidden_rows": st.sampled_from([False, False, False, True]),
    }
)


@given(shapes(), SETTINGS)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_cleanup_does_no_more_than_its_plan_says(
    shape: dict[str, Any], chosen: dict[str, Any]
) -> None:
    check(shape, chosen)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_many_more_shapes_do_not_either(part: int) -> None:
    @seed(part)
    @settings(max_examples=MORE // PARTS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(shapes(), SETTINGS)
    def any_shape(shape: dict[str, Any], chosen: dict[str, Any]) -> None:
        check(shape, chosen)

    any_shape()


def check(shape: dict[str, Any], chosen: dict[str, Any]) -> None:
    hidden = {*shape.get("hidden", {}).get("objects", [])}
    people = [each["name"] for each in shape["objects"] if is_untouchable(each["name"])]
    seen = [name for name in (*people, *HANGING) if name not in hidden]
    allowed = {"none": [], "all": seen, "some": seen[::2]}[chosen["allow"]]
    config = {
        "mode": "cleanup", "object_groups": ["accounts"], "allow_cascade_to": allowed,
        **{name: value for name, value in chosen.items() if name != "allow"},
    }  # fmt: skip
    text = json.dumps({key: value for key, value in shape.items() if value})
    options = OrgOptions(records=RECORDS, sandbox=True, shape=text)
    with TemporaryDirectory() as folder, Emulated(options) as server:
        thin_out(server.org, *NAMES)
        before = everything(server.org)
        ran = run({**config, **login(server)}, Path(folder) / "out")
        after = everything(server.org)
        # (rows that sharing hides may go along where the user has allowed it)
        unseen_rows = hidden_rows(server.org) if config["allow_hidden_rows"] else set()
        before = {row: values for row, values in before.items() if row not in unseen_rows}
        problems = [
            *differences(before, after, ran, config, _unseen(shape, config)),
            *silences(shape, ran, config, after),
        ]
    assert problems == [], f"{ran.status}: {ran.message}"


def _unseen(shape: dict[str, Any], config: dict[str, Any]) -> set[str]:
    """Objects and fields that are hidden and may lose a link, since the user has allowed it."""
    hidden = shape.get("hidden", {}) if config["allow_hidden_rows"] else {}
    return {*hidden.get("objects", []), *hidden.get("fields", [])}


def differences(
    before: Rows, after: Rows, ran: Ran, config: dict[str, Any], unseen: set[str]
) -> Iterator[str]:
    """What a cleanup has done beyond what it says."""
    gone = [row for row in before if row not in after]
    blank = [
        (name, id_, field)
        for (name, id_), row in before.items()
        # (a sync fills the lookups of Zuora's own rows, which stay where a trigger refuses them)
        if (now := after.get((name, id_))) is not None and is_untouchable(name)
        for field, value in row.items()
        if value is not None and now[field] is None and not {name, f"{name}.{field}"} & unseen
    ]
    yield from _not_named(gone, ran, config["allow_cascade_to"])
    yield from _not_backed_up(gone, ran)
    yield from _not_counted(gone, ran)
    yield from _not_planned(blank, ran)
    if config["lookup_links"] == "snapshot":
        links = snapshot(ran)
        for name, id_, field in blank:
            if (id_, field) not in links:
                yield f"{name}.{field} of {id_} is blank and not in the snapshot"
    if ran.status in (2, 3) and (gone or blank):
        yield "it was refused, and did something"


def _not_named(gone: list[tuple[str, str]], ran: Ran, allowed: list[str]) -> Iterator[str]:
    links = ran.report["strong_links"]
    named = {each["object"] for each in links if each["on_delete"] == "cascade"}
    for name, id_ in gone:
        may_go = name in named and (name in allowed or name in MARKS)
        if is_untouchable(name) and not may_go:
            yield f"{name} {id_} is gone, and neither named nor allowed"


def _not_backed_up(gone: list[tuple[str, str]], ran: Ran) -> Iterator[str]:
    files = {name: backed_up(ran, name) for name in {name for name, _ in gone}}
    for name, id_ in gone:
        if id_ not in files[name]:
            yield f"{name} {id_} is gone and in no backup"


def _not_counted(gone: list[tuple[str, str]], ran: Ran) -> Iterator[str]:
    counted = Counter({each["api_name"]: each["deleted"] or 0 for each in ran.report["objects"]})
    for each in ran.report.get("taken_along", []):
        counted[each["object"]] += each["gone"] or 0
    for name, count in Counter(name for name, _ in gone).items():
        if counted[name] < count:
            yield f"{count} of {name} are gone, {counted[name]} are told"


def _not_planned(blank: list[tuple[str, str, str]], ran: Ran) -> Iterator[str]:
    planned = Counter[str]()
    for each in (*ran.report["blank_links"], *ran.report["detached"]):
        planned[f"{each['object']}.{each['field']}"] += each["rows"]
    for lookup, count in Counter(f"{name}.{field}" for name, _, field in blank).items():
        if count > planned[lookup]:
            yield f"{count} of {lookup} are blank, {planned[lookup]} were planned"


def silences(shape: dict[str, Any], ran: Ran, config: dict[str, Any], after: Rows) -> Iterator[str]:
    """What was hidden or left, in a run that says that all is well."""
    if ran.status != 0:
        return
    if _concerns(shape) and not config["allow_hidden_rows"]:
        yield "something is hidden, and the exit status is 0"
    left = Counter(name for name, _ in after if name in ROWS)
    if left and not config["allow_hidden_rows"]:
        yield f"{dict(left)} are left, and the exit status is 0"


def _concerns(shape: dict[str, Any]) -> bool:
    """Whether what is hidden may hang on what is deleted; rights that are not told may hide all."""
    hidden = shape.get("hidden", {})
    chosen = {*hidden.get("objects", []), *hidden.get("fields", [])}
    lookups = {
        (name, to)
        for each in shape["objects"]
        for field in each["fields"]
        for name in (each["name"], f"{each['name']}.{field['name']}")
        for to in field["to"]
    }
    return bool(shape.get("permissions")) or any(
        name in chosen and to in ROWS for name, to in lookups
    )


def snapshot(ran: Ran) -> set[tuple[str, str]]:
    return {
        (row["record_id"], row["field"])
        for path in (ran.folder / "links").glob("*.csv.gz")
        for row in table(path)
    }
