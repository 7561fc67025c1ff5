"""Wrong values are told by what they must be; a value may be a secret, so that none is shown."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.settings.violations import violations


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"password": 31415926}, "password: must be text."),
        ({"max_records": "31415926"}, "max_records: must be a whole number."),
        ({"max_records": -31415926}, "max_records: must be at least 0."),
        ({"quota_percent_total": 31415926}, "quota_percent_total: must be at most 100."),
        ({"hard_delete": "31415926"}, "hard_delete: must be true or false."),
        ({"mode": "31415926"}, "mode: must be one of plan, cleanup, reset, sync."),
        ({"object_groups": "31415926"}, "object_groups: must be a list."),
        ({"object_groups": ["31415926"]},
         "object_groups: each entry must be one of accounts, product_catalog."),
        ({"allow_cascade_to": [31415926]}, "allow_cascade_to: each entry must be text."),
        ({"stream_objects": {"x": 31415926}}, "stream_objects: each entry must be text."),
        ({"field_maps": 31415926}, "field_maps: must be an object of names and values."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_by_what_it_must_be(config: dict[str, Any], said: str) -> None:
    assert violations(config) == [said]


def test_each_wrong_value_has_its_sentence() -> None:
    assert len(violations({"job_size": 0, "password": 1, "mode": "plan"})) == 2
