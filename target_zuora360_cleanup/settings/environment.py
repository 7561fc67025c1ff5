"""Settings in the environment, as Meltano passes them, and variables that look like one."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.reading import NARROWING, blank_guard, nearest
from target_zuora360_cleanup.settings.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.settings.declared import Settings

UTILITY_PREFIX: Final = "ZUORA360_"
TARGET_PREFIX: Final = "TARGET_ZUORA360_CLEANUP_"
WORDS: Final = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
"""What a boolean may be written as, in any case."""
_OTHERS: Final = ("EMULATOR_", "DEMO_", "_", "LOGLEVEL", "LOG_LEVEL", "LOG_CONFIG")
"""Of this package's other programs, Meltano's extras of a plugin, and the SDK's own."""


def from_environment(environ: Mapping[str, str], prefix: str = UTILITY_PREFIX) -> dict[str, Any]:
    """The settings in the environment; lists and objects are JSON there, blank is not set.

    What limits a cleanup must not be blank.

    Raises:
        InputError: A variable is no setting, its value none of its setting, or a limit blank.
    """
    for name in NARROWING:
        if environ.get(f"{prefix}{name.upper()}") == "":
            raise blank_guard(f"{prefix}{name.upper()}")
    if unknown := unknown_variables(environ, prefix):
        raise InputError(" ".join(unknown))
    return {
        name: _parsed(variable, value, _properties()[name])
        for name, variable, value in _given(environ, prefix)
    }


def unknown_variables(environ: Mapping[str, str], *prefixes: str) -> list[str]:
    """A sentence for each variable with one of these prefixes that is no setting.

    Nobody else would notice it: Meltano passes on only what it knows.
    """
    known = {f"{prefix}{name.upper()}" for prefix in prefixes for name in _properties()}
    return [
        f"The variable {variable} is no setting: {nearest(variable, sorted(known))}"
        for prefix in prefixes
        for _, variable, _ in _given(environ, prefix)
        if variable not in known
    ]


def refuse_idle_limits(environ: Mapping[str, str], settings: Settings) -> None:
    """Let no cleanup take all accounts where a variable names some that this run does not read.

    The loader has variables of its own, and so has the utility; `--config` may name none of them.

    Raises:
        InputError: There is such a variable.
    """
    is_limited = settings.only_accounts or settings.only_accounts_file
    if is_limited or settings.mode not in ("plan", "cleanup"):
        return
    for name in ("only_accounts", "only_accounts_file"):
        for prefix in (*loader_prefixes(environ), UTILITY_PREFIX):
            if environ.get(variable := f"{prefix}{name.upper()}"):
                raise InputError(
                    f"{variable} is set, and this run has no {name}: it would clean all accounts. "
                    f"The loader reads {TARGET_PREFIX}…, the utility {UTILITY_PREFIX}… with "
                    "--config ENV. Set that of this run, or leave the variable out."
                )


def loader_prefixes(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The prefixes of the target's variables: its own, and of the name that Meltano runs it by."""
    plugin = environ.get("MELTANO_LOADER_NAME", "").upper().replace("-", "_")
    return tuple(dict.fromkeys([TARGET_PREFIX, *([f"{plugin}_"] if plugin else [])]))


@cache
def _properties() -> dict[str, Any]:
    """The settings' schemas; to make them anew for each variable would take longer than a start."""
    properties: dict[str, Any] = json_schema()["properties"]
    return properties


def _given(environ: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Each variable that has a value, as (setting, variable, value)."""
    known = _properties()
    # Meltano also passes each entry of an object, as STREAM_OBJECTS_<ENTRY>.
    parts = tuple(f"{name}_" for name, about in known.items() if about["type"][0] == "object")
    # A plugin that inherits from this one has a longer name: <PREFIX>EU_MAX_RECORDS.
    ends = tuple(f"_{name}" for name in known)
    for variable, value in environ.items():
        name = variable.removeprefix(prefix).lower()
        if not variable.startswith(prefix) or not value:
            continue
        if name in known or not (
            name.upper().startswith(_OTHERS) or name.startswith(parts) or name.endswith(ends)
        ):
            yield name, variable, value


def _parsed(variable: str, value: str, about: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    kind = about["type"][0]
    if kind == "string":
        return value
    if kind == "boolean":
        return _boolean(variable, value)
    try:
        return json.loads(value)
    except ValueError:
        raise InputError(f"{variable} must hold JSON: an {kind}.") from None


def _boolean(variable: str, value: str) -> bool:
    try:
        return WORDS[value.strip().lower()]
    except KeyError:
        raise InputError(f"{variable} must be one of {', '.join(WORDS)}.") from None
