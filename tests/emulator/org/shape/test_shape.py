"""A shape that can't be ends in one sentence: where, what, and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError
from target_zuora360_cleanup.emulator.server.opening import open_org
from tests.support.emulated import opened, shape
from tests.support.paths import ROOT

_TASK: dict[str, Any] = {"object": "Task"}


def _wrong(text: str) -> str:
    with pytest.raises(ShapeError) as caught:
        open_org(OrgOptions(records=10, quotes=False, shape=text))
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"object": []}, "at $: Additional properties are not allowed ('object' was unexpected)."),
        ({"objects": [{"name": "Foo"}]}, "at $.objects[0].name: 'Foo' does not match"),
        ({"objects": [{"name": "Foo__c"}, {"name": "foo__c"}]},
         "at objects[1]: the org has foo__c already. Choose another name."),
        ({"objects": [{"name": "Foo__c", "key_prefix": "001"}]},
         "at objects[0]: the key prefix 001 is that of Account. Choose another, or none."),
        ({"objects": [{"name": "Foo__c", "fields": [{"name": "A__c", "type": "reference"}]}]},
         "at objects[0].fields[0]: a reference needs to, the objects that it may lead to."),
        ({"fields": [{"object": "Task", "name": "A__c", "type": "date", "to": ["Account"]}]},
         "at fields[0]: a date leads nowhere. Leave out to and on_delete."),
        ({"fields": [{"object": "Task", "name": "subject", "type": "date"}]},
         "at fields[0]: Task has a field subject already. Choose another name."),
        ({"fields": [{"object": "Nothing__c", "name": "A__c", "type": "date"}]},
         "at fields[0]: the org has no object Nothing__c. Name one that it has, or add it."),
        ({"fields": [{"object": "Task", "name": "A__c", "type": "reference", "to": ["No__c"]}]},
         "at Task.A__c: it leads to No__c, which the org has not. Add that, or leave it out."),
        ({"fields": [{"object": "Task", "name": "A__c", "type": "reference",
                      "to": ["Account", "Contact"], "on_delete": "master"}]},
         "at fields[0]: a detail has one master. Name one object in to."),
        ({"rows": [{"object": "Nothing__c"}]}, "at rows[0]: the org has no object Nothing__c."),
        ({"rows": [{"object": "Note"}]}, "at rows[0].values: Note needs ParentId, Title."),
        ({"rows": [{**_TASK, "values": {"Foo": 1}}]},
         "at rows[0].values.Foo: Task has no field Foo to fill."),
        ({"rows": [{**_TASK, "values": {"ActivityDate": "x"}}]},
         "at rows[0].values.ActivityDate: Activity Date: value not of required type: x."),
        ({"rows": [{**_TASK, "values": {"WhatId": {"object": "Account", "at": 999}}}]},
         "at rows[0].values.WhatId: there is no row for {'object': 'Account', 'at': 999};"),
        ({"rows": [{**_TASK, "values": {"WhatId": {"each": "Dunning__c"}}}]},
         "at rows[0]: the org has no object Dunning__c."),
        ({"rows": [{**_TASK, "values": {"WhatId": {"object": "Contact"}}}]},
         "at rows[0].values.WhatId: WhatId does not lead to Contact."),
        ({"rows": [{**_TASK, "values": {"WhatId": {"row": "x"}}}]},
         "at rows[0].values.WhatId: no rows are called x. Give some that name."),
        ({"rows": [{**_TASK, "values": {"WhatId": {"row": "x", "each": "Account"}}}]},
         "at rows[0].values.WhatId: it names no row. A reference is an id,"),
        ({"rows": [{**_TASK, "values": {"WhatId": "00T5g0000000001"}}]},
         "at rows[0].values.WhatId: What Id: id value of incorrect type: 00T5g0000000001."),
        ({"rows": [{**_TASK, "values": {"Subject": {"row": "x"}}}]},
         "at rows[0].values.Subject: Subject is no reference. Give a plain value."),
        ({"rows": [{**_TASK, "name": "x"}, {**_TASK, "name": "x"}]},
         "at rows[1]: other rows are called x too. Choose another name."),
        ({"rows": [{"object": "Product2", "count": 2, "values": {"zqu__SKU__c": "1"}}]},
         "at Product2.zqu__SKU__c: two rows have '1', which must be unique. Put {n} into"),
        ({"hidden": {"objects": ["Nothing__c"]}}, "the org has no object Nothing__c."),
        ({"hidden": {"fields": ["Task.Foo"]}}, "at hidden.fields: the org has no Task.Foo."),
        ({"hidden": {"rows": [{"object": "Task", "every": 2}]}},
         "at hidden.rows: no row is hidden from that user: the user has View All Data."),
        ({"hidden": {"rows": [{"object": "Task"}]}, "permissions": {"view_all_data": False}},
         'at hidden.rows: rows are {"object": X, "every": n},'),
        ({"permissions": {"view_all_data": False, "modify_all_data": True}},
         "at permissions: Modify All Data comes with View All Data. Give both or none."),
        ({"vetoes": [{"object": "Nothing__c", "message": "no"}]},
         "at vetoes[0]: the org has no object Nothing__c."),
        ({"later": [{"object": "Nothing__c", "rows": []}]},
         "at later[0]: the org has no object Nothing__c."),
        ({"later": [{"object": "Account", "rows": [{"object": "Note"}]}]},
         "at later[0].rows[0].values: Note needs ParentId, Title."),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_is_refused_in_a_sentence(
    wrong: dict[str, Any], message: str
) -> None:
    found = _wrong(json.dumps(wrong))

    assert found.startswith("The shape at ")
    assert message in found
    assert "\n" not in found


def test_what_is_no_json_is_refused() -> None:
    assert _wrong("{").startswith("The shape at its beginning: it is no JSON")


@pytest.mark.parametrize("name", ["people", "circle", "renewals", "hidden"])
def test_the_shapes_that_are_ready_fit_an_ordinary_org(name: str) -> None:
    with opened(OrgOptions(records=1_000, quotes=False, shape=shape(name))) as org:
        counts = org.counts()
        assert all(counts[part["object"]] for part in json.loads(shape(name))["rows"])


def test_the_example_of_the_page_is_a_shape() -> None:
    page = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]
    with opened(OrgOptions(records=200, quotes=False, shape=example)) as org:
        assert org.counts()["Task"] == 1
