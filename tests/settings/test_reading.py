"""Settings: what is accepted, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.declared import Settings
from target_zuora360_cleanup.settings.reading import NARROWING, read_settings, unknown_settings
from target_zuora360_cleanup.settings.schema import json_schema


def test_the_default_mode_only_reads() -> None:
    assert read_settings({}).mode == "plan"


@pytest.mark.parametrize("name", NARROWING)
@pytest.mark.parametrize("value", ["", None])
def test_a_blank_limit_may_be_a_variable_that_was_never_filled(
    name: str, value: str | None
) -> None:
    with pytest.raises(InputError, match=f"{name} is blank"):
        read_settings({name: value})


def test_blank_and_null_mean_not_set() -> None:
    assert read_settings({"username": "", "confirm_org_id": None}) == Settings()


def test_an_unknown_setting_names_the_nearest_known_one() -> None:
    assert unknown_settings({"max_record": 5}) == [
        "Unknown setting 'max_record': did you mean 'max_records'?"
    ]


def test_every_unknown_setting_is_named() -> None:
    assert len(unknown_settings({"max_record": 5, "qqqqqqqqqqqq": 1, "mode": "plan"})) == 2


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"include_objects": ["Product2"], "exclude_objects": ["Product2"]},
            "include_objects and exclude_objects are both set",
        ),
        ({"exclude_objects": ["Invoice__c"]}, "did you mean 'Zuora__"),
        ({"exclude_objects": ["zqu__Quote__c"]}, "'zqu__Quote__c' is not a 360 object type"),
        ({"include_objects": ["Zuora__New__c"]}, "'Zuora__New__c' is not a 360 object type"),
        ({"stream_objects": {"x": "Zuora__Sync_History__c"}}, "'Zuora__Sync_History__c' is not"),
        (
            {"allow_cascade_to": ["Note__c", "zqu__Quote__c"]},
            "allow_cascade_to: 'zqu__Quote__c' is an object of the Zuora packages",
        ),
        ({"allow_cascade_to": ["Zuora__InvoiceItem__c"]}, "object types of their own or not"),
        ({"include_objects": []}, "include_objects is blank"),
        ({"include_objects": ["x"]}, "use an API name such as Zuora__ZInvoice__c"),
        ({"stream_objects": {"acct": "Account"}}, "stream_objects: acct: 'Account' is not"),
        ({"api_version": "v64.0"}, "'v64.0' can't be used"),
        ({"api_version": "41.0"}, "from 53.0 on"),
    ],
)
def test_what_contradicts_or_names_nothing_is_refused_with_the_remedy(
    config: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        read_settings(config)


def test_package_objects_that_the_catalogue_does_not_list_may_be_left_alone_and_have_streams() -> (
    None
):
    settings = read_settings(
        {"exclude_objects": ["Zuora__New__c"], "stream_objects": {"new": "zqu__Newer__c"}}
    )
    assert settings.exclude_objects == ("Zuora__New__c",)
    assert settings.stream_objects == {"new": "zqu__Newer__c"}


def test_rows_of_any_object_that_is_not_the_packages_may_be_named_to_go_along() -> None:
    names = ["Usage_Note__c", "acme__Log__c", "Task", "PricebookEntry"]
    assert read_settings({"allow_cascade_to": names}).allow_cascade_to == tuple(names)


@pytest.mark.parametrize(
    "config",
    [
        {"mode": "delete"},
        {"allow_hidden_rows": "yes"},
        {"object_groups": ["quotes"]},
        {"max_records": -1},
        {"job_size": 0},
        {"max_parallel_jobs": 26},
        {"hard_delete": "yes"},
        {"backup": "all"},
        {"include_objects": "Product2"},
    ],
)
def test_the_json_schema_refuses_values_of_another_kind(config: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, json_schema())


def test_the_json_schema_accepts_what_meltano_passes() -> None:
    config = {"mode": "cleanup", "include_objects": ["Product2"], "confirm_org_id": None,
              "stream_objects": {"acct": "Product2"}, "max_records": 5}  # fmt: skip
    jsonschema.validate(config, json_schema())
    assert read_settings(config).include_objects == ("Product2",)


def test_a_name_with_a_dot_may_be_nested_since_meltano_drops_it_otherwise() -> None:
    config = {
        "stream_objects": {"crm": {"acc": "Product2", "eu": {"acc": "other"}}, "plain": "other"},
        "field_maps": {"crm": {"acc": {"Name": "N__c"}}, "Account": {"Notes": None}, "x": {}},
    }
    jsonschema.validate(config, json_schema())
    settings = read_settings(config)
    assert settings.stream_objects == {
        "crm.acc": "Product2", "crm.eu.acc": "other", "plain": "other"
    }  # fmt: skip
    assert settings.field_maps == {
        "crm.acc": {"Name": "N__c"}, "Account": {"Notes": None}, "x": {}
    }  # fmt: skip


def test_a_nested_entry_that_ends_in_no_name_is_an_error() -> None:
    with pytest.raises(InputError, match=r"stream_objects: a\.b must be the API name"):
        read_settings({"stream_objects": {"a": {"b": 5}}})


def test_every_default_passes_the_json_schema() -> None:
    schema = json_schema()
    defaults = {k: v["default"] for k, v in schema["properties"].items() if "default" in v}
    jsonschema.validate(defaults, schema)


def test_every_secret_is_marked_as_one() -> None:
    words = ("secret", "password", "token", "private_key")
    for name, about in json_schema()["properties"].items():
        is_secret = any(word in name for word in words) and name != "jwt_private_key_path"
        assert about.get("secret", False) == is_secret, name
