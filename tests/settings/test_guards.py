"""What guards the org is said as it is in force, whatever was written in the settings."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.settings.declared import MODES, Settings
from target_zuora360_cleanup.settings.guards import changed, guards, in_force


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_says_its_guards(mode: str) -> None:
    assert guards(Settings(), mode)
    assert in_force(Settings(), mode).startswith("In force: ")


def test_a_guard_reads_as_it_is_in_force() -> None:
    settings = Settings(
        keep_quoted_products=False, max_records=1_500_000, allow_cascade_to=("A__c", "B__c")
    )
    found = guards(settings, "cleanup")
    assert found["keep_quoted_products"] == "off"
    assert found["max_records"] == "1,500,000"
    assert found["allow_cascade_to"] == "A__c + B__c"
    assert found["exclude_objects"] == "none"
    assert found["backup"] == "ids"


def test_two_cleanups_with_different_guards_never_read_alike() -> None:
    plain = in_force(Settings(), "cleanup")
    for change in (
        {"hard_delete": True}, {"backup": "none"}, {"keep_quoted_products": False},
        {"lookup_links": "ignore"}, {"allow_cascade_to": ("A__c",)}, {"max_records": 1},
        {"allow_hidden_rows": True}, {"allow_failures": True}, {"ignore_running_sync": True},
        {"exclude_objects": ("Product2",)}, {"plan_file": "plan.json"},
    ):  # fmt: skip
        assert in_force(Settings(**change), "cleanup") != plain


def test_what_differs_from_the_default_is_told_besides_and_no_login_is() -> None:
    settings = Settings(
        quota_percent_total=100, stream_objects={"crm": "Zuora__CustomerAccount__c"},
        paired_state_ids=("a", "b"), password="secret", client_secret="secret", username="me",
    )  # fmt: skip
    assert changed(settings, "cleanup") == {
        "stream_objects": "crm: Zuora__CustomerAccount__c",
        "paired_state_ids": "a + b",
        "quota_percent_total": "100",
    }
    assert changed(Settings(), "plan") == {}
    assert changed(settings, "relink") == {}


def test_a_command_that_has_no_guards_says_nothing() -> None:
    assert in_force(Settings(), "relink") == ""
