"""Settings from what a user wrote; each mistake gets a sentence that says what to do."""

from __future__ import annotations

import dataclasses
import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import BY_NAME, is_unlisted, of_package
from target_zuora360_cleanup.catalog.streams import OTHER
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.declared import OLDEST_API_VERSION, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BY_STREAM: Final = {"stream_objects": 0, "field_maps": 1}
"""Settings with an entry for each stream, and how many objects are within one."""


NARROWING: Final = (
    "only_accounts", "only_accounts_file", "include_objects", "exclude_objects", "plan_file",
    "max_records",
)  # fmt: skip
"""Settings without which a cleanup takes more: blank they are a variable that was never filled."""


def blank_guard(name: str) -> InputError:
    """What is said of one of these that is blank."""
    return InputError(
        f"{name} is blank: whether nothing is meant to limit the cleanup, or a variable was never "
        "filled, can't be told. Fill it, or leave it out."
    )


def unknown_settings(config: Mapping[str, object]) -> list[str]:
    """One sentence for each name in `config` that is no setting, with the nearest that is.

    A typing mistake in a guard such as `max_record` must not pass silently.
    """
    known = [each.name for each in dataclasses.fields(Settings)]
    return [_unknown(name, known) for name in config if name not in known]


def _unknown(name: str, known: list[str]) -> str:
    return f"Unknown setting '{name}': {nearest(name, known)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about the name of a setting that is none."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else "see --about for the settings there are."


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Settings from a configuration that has passed the JSON Schema.

    Blank strings and nulls mean "not set", as Meltano passes them, but for `NARROWING`: Meltano
    leaves those out that are null, and a template that fills a file does not. A list of the object
    types to clean that names none is as blank as those.

    Raises:
        InputError: The settings contradict each other or name an object that isn't there.
    """
    if blank := [name for name in NARROWING if config.get(name, name) in ("", None)]:
        raise blank_guard(blank[0])
    if config.get("include_objects") == []:
        raise blank_guard("include_objects")
    given = {name: _frozen(value) for name, value in config.items() if value not in (None, "")}
    for name, depth in _BY_STREAM.items():
        if name in given:
            given[name] = _with_dots(given[name], depth)
    settings = Settings(**given)
    for check in (
        _check_objects,
        _check_accounts,
        _check_cascade,
        _check_streams,
        _check_api_version,
    ):
        check(settings)
    return settings


def _with_dots(named: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Entries by stream, where those of a name with a dot may be nested.

    Meltano leaves a key with a dot out of an object, and passes on `{a: {b: ...}}` for `a.b`.
    """
    found: dict[str, Any] = {}
    for name, value in named.items():
        if _depth(value) > depth:
            within = _with_dots(value, depth)
            found |= {f"{name}.{each}": entry for each, entry in within.items()}
        else:
            found[name] = value
    return found


def _depth(value: Any) -> int:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        return 0
    return 1 + max(map(_depth, value.values()), default=0)


def _frozen(value: Any) -> Any:  # noqa: ANN401 - as the JSON Schema has it
    return tuple(value) if isinstance(value, list) else value


def _check_objects(settings: Settings) -> None:
    if settings.include_objects and settings.exclude_objects:
        raise InputError(
            "include_objects and exclude_objects are both set: keep one of them, since either "
            "alone already says which objects are cleaned."
        )
    for name in ("include_objects", "exclude_objects"):
        for api_name in getattr(settings, name):
            _check_object(name, api_name)


def _check_accounts(settings: Settings) -> None:
    if settings.only_accounts and settings.only_accounts_file:
        raise InputError(
            "only_accounts and only_accounts_file are both set: keep one of them, since either "
            "alone already says which billing accounts are cleaned."
        )
    if (settings.only_accounts or settings.only_accounts_file) and (
        "accounts" not in settings.object_groups
    ):
        raise InputError(
            "only_accounts: object_groups leaves the accounts out. Set object_groups to accounts, "
            "or do not choose any."
        )


def _check_cascade(settings: Settings) -> None:
    for api_name in settings.allow_cascade_to:
        if of_package(api_name):
            raise InputError(
                f"allow_cascade_to: '{api_name}' is an object of the Zuora packages. Those are "
                "cleaned as object types of their own or not at all; name only others here."
            )


def _check_streams(settings: Settings) -> None:
    for stream, api_name in settings.stream_objects.items():
        if not isinstance(api_name, str):
            raise InputError(f"stream_objects: {stream} must be the API name of an object type.")
        if api_name != OTHER:
            _check_object(f"stream_objects: {stream}", api_name)


def _check_api_version(settings: Settings) -> None:
    wanted = settings.api_version
    if not re.fullmatch(r"\d{2}\.0", wanted) or float(wanted) < float(OLDEST_API_VERSION):
        raise InputError(
            f"api_version: '{wanted}' can't be used; give a version such as 64.0, "
            f"from {OLDEST_API_VERSION} on."
        )


def _check_object(setting: str, api_name: str) -> None:
    if api_name in BY_NAME or (setting != "include_objects" and is_unlisted(api_name)):
        return  # (whether the org has one that the catalogue doesn't list, shows when it is read)
    near = difflib.get_close_matches(api_name, BY_NAME, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else "use an API name such as Zuora__ZInvoice__c."
    raise InputError(f"{setting}: '{api_name}' is not a 360 object type; {hint}")
