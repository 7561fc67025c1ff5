"""The loader and the utility of one project: a guard that one has otherwise is found and told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.others import settings_elsewhere
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.state.from_settings import other_guards
from tests.support.setups import project_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOADER, UTILITY = "target-zuora360-cleanup", "zuora360"
SETTINGS = [
    {"name": "keep_quoted_products", "kind": "boolean", "value": True},
    {"name": "max_records", "kind": "integer"},
    {"name": "allow_cascade_to", "kind": "array"},
    {"name": "client_secret", "sensitive": True},
]


def plugin(name: str, program: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "namespace": name.replace("-", "_"), "executable": program,
            "settings": SETTINGS, "config": config}  # fmt: skip


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Conversation]:
    shared = {"allow_cascade_to": ["Note__c"], "client_secret": "s3cret"}
    loaders = [
        plugin(LOADER, LOADER, {**shared, "keep_quoted_products": False}),
        {"name": "to-sandbox", "inherit_from": LOADER, "config": {"max_records": 7}},
        plugin("target-jsonl", "target-jsonl", {"max_records": 9}),
    ]
    project = {
        "environments": [{"name": "prod"}],
        "plugins": {"loaders": loaders, "utilities": [plugin(UTILITY, UTILITY, shared)]},
    }
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    with project_of(tmp_path, {}):
        from target_zuora360_cleanup.meltano.inside.answers import Answers

        answers = Answers({"words": [], "environment": "prod"})
        made = Conversation(Meltano((), {}, str(tmp_path)), Pipeline())
        made.ask = lambda what, **given: getattr(answers, what)(given)  # type: ignore[method-assign]
        yield made


def test_each_plugin_of_this_package_is_found_whatever_its_name(asked: Conversation) -> None:
    found = settings_elsewhere(asked, ["keep_quoted_products", "max_records", "allow_cascade_to"])
    cascade = ["Note__c"]
    assert found == {
        LOADER: {
            "keep_quoted_products": False, "max_records": None, "allow_cascade_to": cascade,
        },
        "to-sandbox": {
            "keep_quoted_products": False, "max_records": 7, "allow_cascade_to": cascade,
        },
        UTILITY: {
            "keep_quoted_products": True, "max_records": None, "allow_cascade_to": cascade,
        },
    }  # fmt: skip


def test_a_guard_that_differs_is_told_with_both_values(asked: Conversation) -> None:
    here = read_settings({"mode": "cleanup", "allow_cascade_to": ["Note__c"]})
    first, second = other_guards(asked, here)
    assert (first.code, first.severity) == ("guards-differ", "warns")
    assert first.message == (
        f"{LOADER} has other guards in this environment: keep_quoted_products off (here on)."
    )
    assert "to-sandbox" in second.message
    assert "max_records 7 (here 1,000,000)" in second.message


def test_a_default_elsewhere_is_compared_like_any_value(asked: Conversation) -> None:
    asked.ask = partial(_same, asked.ask)  # type: ignore[method-assign]
    here = read_settings({"mode": "cleanup", "allow_cascade_to": ["Note__c"], "max_records": 5})
    (found,) = other_guards(asked, here)
    assert found.message.endswith("max_records 1,000,000 (here 5).")


def test_nothing_is_told_where_all_have_the_same(asked: Conversation) -> None:
    asked.ask = partial(_same, asked.ask)  # type: ignore[method-assign]
    here = read_settings({"mode": "cleanup", "allow_cascade_to": ["Note__c"]})
    assert list(other_guards(asked, here)) == []


def _same(ask: Any, what: str, **given: Any) -> Any:
    return {name: each for name, each in ask(what, **given).items() if name == UTILITY}


def test_that_it_is_not_known_is_said_and_stops_nothing(
    asked: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MeltanoFailed("Meltano has ended: no reason.")

    asked.ask = fail  # type: ignore[method-assign]
    assert list(other_guards(asked, read_settings({"mode": "cleanup"}))) == []
    assert "Whether loader and utility have the same guards is not known: " in caplog.text
