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


def asking(folder: Path, *, environment: str = "", is_within: bool = False) -> Conversation:
    """Meltano's own code, asked in this process."""
    from target_zuora360_cleanup.meltano.inside.answers import Answers

    answers = Answers({"words": [], "environment": environment, "is_within": is_within})
    made = Conversation(Meltano((), {}, str(folder)), Pipeline(environment=environment))
    made.ask = lambda what, **given: getattr(answers, what)(given)  # type: ignore[method-assign]
    return made


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
        yield asking(tmp_path, environment="prod", is_within=True)


def test_each_plugin_of_this_package_is_found_whatever_its_name(asked: Conversation) -> None:
    found = settings_elsewhere(asked, ["keep_quoted_products", "max_records", "allow_cascade_to"])
    cascade = ["Note__c"]
    assert (found.environment, found.is_told) == ("prod", True)
    assert found.plugins == {
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
        f"{LOADER} has other guards in Meltano's environment 'prod': keep_quoted_products off "
        "(here on)."
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
    told = ask(what, **given)
    return {**told, "plugins": {UTILITY: told["plugins"][UTILITY]}}


def test_that_it_is_not_known_is_said_and_stops_nothing(
    asked: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MeltanoFailed("Meltano has ended: no reason.")

    asked.ask = fail  # type: ignore[method-assign]
    assert list(other_guards(asked, read_settings({"mode": "cleanup"}))) == []
    assert "Whether loader and utility have the same guards is not known: " in caplog.text


def a_project(folder: Path, environments: dict[str, int], default: str = "") -> None:
    """A loader with another `max_records` in each environment, and 3 outside of any."""
    loader = plugin(LOADER, LOADER, {"max_records": 3})
    project = {
        "environments": [
            {
                "name": name,
                "config": {
                    "plugins": {"loaders": [{"name": LOADER, "config": {"max_records": n}}]}
                },
            }
            for name, n in environments.items()
        ],
        "plugins": {"loaders": [loader]},
        **({"default_environment": default} if default else {}),
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")


HERE = {"mode": "cleanup", "max_records": 5}


@pytest.mark.parametrize("dotenv", ["", "MELTANO_ENVIRONMENT=prod"])
def test_outside_of_meltano_its_own_choice_of_an_environment_is_compared_and_named(
    tmp_path: Path, dotenv: str
) -> None:
    a_project(tmp_path, {"dev": 7, "prod": 9}, default="dev")
    (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    from meltano.core.project import Project

    name, most = ("prod", 9) if dotenv else ("dev", 7)
    with project_of(tmp_path, {}):
        (found,) = other_guards(asking(tmp_path), read_settings(HERE))
        assert Project.find().environment is None, "states are still those of no environment"
    assert found.message == (
        f"{LOADER} has other guards in Meltano's environment '{name}', which it takes where none "
        f"is named: max_records {most} (here 5)."
    )


def test_outside_of_meltano_no_environment_counts_where_it_would_take_none_of_several(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    a_project(tmp_path, {"dev": 7, "prod": 9})
    with project_of(tmp_path, {}):
        assert list(other_guards(asking(tmp_path), read_settings(HERE))) == []
    assert (
        "Whether loader and utility have the same guards is not known: which of Meltano's "
        "environments counts is not named. Set MELTANO_ENVIRONMENT." in caplog.text
    )


@pytest.mark.parametrize(("environments", "is_within"), [({}, False), ({"dev": 7}, True)])
def test_without_an_environment_it_is_said_so(
    tmp_path: Path, *, environments: dict[str, int], is_within: bool
) -> None:
    a_project(tmp_path, environments, default="dev" if environments else "")
    with project_of(tmp_path, {}):
        (found,) = other_guards(asking(tmp_path, is_within=is_within), read_settings(HERE))
    assert found.message == (
        f"{LOADER} has other guards outside of Meltano's environments: max_records 3 (here 5)."
    )


@pytest.mark.parametrize(
    ("written", "variables", "is_filled"),
    [
        ("$ERASE", {}, False),
        ("$ERASE", {"ERASE": ""}, False),
        ("Zuora__Batch__c = '${ERASE}'", {}, False),
        ("Zuora__Batch__c = '${ERASE}'", {"ERASE": "Batch9"}, True),
        ("Name = '$ERASE' AND Zuora__Batch__c = '$BATCH'", {"ERASE": "x"}, False),
        (r"Name = '\$ERASE (a+b)' AND Zuora__Batch__c = '$BATCH'", {"BATCH": "x\n"}, True),
        ("Zuora__Batch__c = 'Batch9'", {}, True),
    ],
)
def test_a_limit_in_which_a_variable_is_missing_is_none_that_is_left_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    variables: dict[str, str],
    *,
    is_filled: bool,
) -> None:
    for name, value in {"MELTANO_LOADER_NAME": LOADER, **variables}.items():
        monkeypatch.setenv(name, value)
    loader = plugin(LOADER, LOADER, {"only_accounts": written})
    loader["settings"] = [*SETTINGS, {"name": "only_accounts"}]
    project = {"environments": [{"name": "prod"}], "plugins": {"loaders": [loader]}}
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    with project_of(tmp_path, {}):
        told = list(other_guards(asking(tmp_path, environment="prod"), read_settings(HERE)))
    blocking = [each for each in told if each.severity == "blocks"]
    assert [each.code for each in blocking] == ([] if is_filled else ["limit-not-filled"])
    assert all(written in each.message for each in blocking)


@pytest.mark.parametrize(
    ("written", "is_filled"),
    [
        ("$OTHERS", False),
        (["$OTHERS", "prod:a-to-b"], False),
        (["${OTHERS}:a-to-b"], False),
        (["$PIPE", "prod:a-to-b"], True),
        (["prod:a-to-b"], True),
        ([], True),
    ],
)
def test_states_that_a_variable_should_name_are_none_that_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: object, *, is_filled: bool
) -> None:
    """The records would be deleted, and their pipelines keep their bookmarks."""
    monkeypatch.setenv("MELTANO_LOADER_NAME", LOADER)
    monkeypatch.setenv("PIPE", "prod:c-to-d")
    loader = plugin(LOADER, LOADER, {"paired_state_ids": written})
    loader["settings"] = [*SETTINGS, {"name": "paired_state_ids", "kind": "array"}]
    project = {"environments": [{"name": "prod"}], "plugins": {"loaders": [loader]}}
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    with project_of(tmp_path, {}):
        told = list(other_guards(asking(tmp_path, environment="prod"), read_settings(HERE)))
    codes = [each.code for each in told if each.severity == "blocks"]
    assert codes == ([] if is_filled else ["limit-not-filled"])


@pytest.mark.parametrize("executable", [LOADER, f"/opt/zuora/bin/{LOADER}"])
def test_a_limit_is_looked_at_whatever_program_the_plugin_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setenv("MELTANO_LOADER_NAME", LOADER)
    limited_loader(tmp_path, executable)
    with project_of(tmp_path, {}):
        told = list(other_guards(asking(tmp_path, environment="prod"), read_settings(HERE)))
    assert "limit-not-filled" in [each.code for each in told if each.severity == "blocks"]


def test_a_limit_is_looked_at_although_another_plugin_can_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meltano asks its hub for a plugin that it has no definition of, and may not reach it."""
    monkeypatch.setenv("MELTANO_LOADER_NAME", LOADER)
    limited_loader(tmp_path, LOADER, {"name": UTILITY, "inherit_from": "no-such-utility"})

    def failing(ask: Any, what: str, **given: Any) -> Any:
        try:
            return ask(what, **given)
        except MeltanoError as exc:
            raise MeltanoFailed(str(exc)) from None

    with project_of(tmp_path, {"MELTANO_HUB_API_ROOT": "http://127.0.0.1:9/"}):
        from meltano.core.error import MeltanoError

        asked = asking(tmp_path, environment="prod")
        asked.ask = partial(failing, asked.ask)  # type: ignore[method-assign]
        told = list(other_guards(asked, read_settings(HERE)))
    assert [(each.code, each.severity) for each in told] == [("limit-not-filled", "blocks")]


def test_that_a_limit_is_there_is_not_known_where_meltano_does_not_tell(
    asked: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MeltanoFailed("Meltano has ended: no reason.")

    monkeypatch.setenv("MELTANO_LOADER_NAME", LOADER)
    asked.ask = fail  # type: ignore[method-assign]
    (found,) = other_guards(asked, read_settings({"mode": "cleanup"}))
    assert (found.code, found.severity) == ("limit-not-filled", "blocks")
    assert "Meltano has ended: no reason." in found.message


def limited_loader(folder: Path, executable: str, *utilities: dict[str, Any]) -> None:
    """A loader whose limit has a variable in it that is not there."""
    loader = plugin(LOADER, executable, {"only_accounts": "Zuora__Batch__c = '$ERASE'"})
    loader["settings"] = [*SETTINGS, {"name": "only_accounts"}]
    plugins = {"loaders": [loader], "utilities": list(utilities)}
    project = {"environments": [{"name": "prod"}], "plugins": plugins}
    (folder / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
