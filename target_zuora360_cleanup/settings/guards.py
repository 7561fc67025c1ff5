"""The settings that guard what is there: those in force are said before anything is done.

A word that is no boolean counts as false where Meltano has read it, and nothing tells then what was
meant. Whoever reads these lines sees what came of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from target_zuora360_cleanup.settings.declared import Settings

_DELETING: Final = (
    "object_groups", "include_objects", "exclude_objects", "only_accounts", "only_accounts_file",
    "allow_broken_hierarchies", "max_records", "backup", "backup_bodies_mb", "hard_delete",
    "keep_quoted_products", "lookup_links", "keep_own_values", "allow_cascade_to",
    "allow_hidden_rows", "allow_failures", "ignore_running_sync", "plan_file",
)  # fmt: skip
_BESIDES: Final = (
    "stream_objects", "paired_state_ids", "create_missing_states", "state_is_stored",
    "confirm_org_id", "job_size", "max_parallel_jobs", "quota_percent_total", "api_version",
)  # fmt: skip
_OF_MODE: Final = {
    "plan": _DELETING,
    "cleanup": _DELETING,
    "reset": ("object_groups", "include_objects", "exclude_objects", "paired_state_ids"),
    "sync": ("unmapped_streams", "backup", "allow_cascade_to", "allow_failures"),
}


def guards(settings: Settings, mode: str) -> dict[str, str]:
    """The settings of a mode that guard what is there, by name, as a person writes them."""
    return {name: _written(getattr(settings, name)) for name in _OF_MODE.get(mode, ())}


def changed(settings: Settings, mode: str) -> dict[str, str]:
    """The other settings that a cleanup goes by and that differ from their defaults; no login."""
    plain = type(settings)()
    names = _BESIDES if mode in ("plan", "cleanup") else ()
    values = {name: getattr(settings, name) for name in names}
    return {
        name: _written(value) for name, value in values.items() if value != getattr(plain, name)
    }


def differences(settings: Settings, mode: str, others: Mapping[str, Any]) -> dict[str, str]:
    """The guards that have another value elsewhere, as a person writes it.

    Args:
        settings: Those in force here.
        mode: What runs.
        others: Values elsewhere, by name, as JSON; None where a default counts.
    """
    given = {name: _frozen(value) for name, value in others.items() if value is not None}
    elsewhere = guards(replace(type(settings)(), **given), mode)
    here = guards(settings, mode)
    return {name: elsewhere[name] for name in others if elsewhere[name] != here[name]}


def in_force(settings: Settings, mode: str) -> str:
    """The guards in one sentence; blank for a command that has none."""
    found = [f"{name} {value}" for name, value in guards(settings, mode).items()]
    return f"In force: {', '.join(found)}." if found else ""


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(value) if isinstance(value, list) else value


def _written(value: Any) -> str:  # noqa: ANN401 - the value of any setting
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return " + ".join(f"{name}: {each}" for name, each in value.items()) or "none"
    if isinstance(value, Collection) and not isinstance(value, str):
        return " + ".join(str(each) for each in value) or "none"
    return str(value or "none")
