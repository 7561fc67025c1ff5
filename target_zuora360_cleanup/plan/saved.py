"""The saved plan, `plan.json`: written by `plan`, and what a `cleanup` with `plan_file` is held to.

Data in, data out, but for `read_plan_file`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.plan.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.settings.declared import Settings

PLAN_VERSION: Final = 1
CHANGE_SHARE: Final = 0.1
CHANGE_ROWS: Final = 1000
PLANNED_SETTINGS: Final = (
    "object_groups", "include_objects", "exclude_objects", "stream_objects", "max_records",
    "allow_cascade_to", "lookup_links", "ignore_running_sync", "keep_quoted_products",
    "hard_delete", "backup", "paired_state_ids",
)  # fmt: skip
"""The settings that say what is deleted, kept, reset and written down. How to log in, how fast to
go and where to write may differ between the plan and the cleanup; none of those is saved."""


@dataclass(frozen=True)
class SavedPlan:
    """What a plan came to.

    Attributes:
        settings: Those of `PLANNED_SETTINGS`, as JSON has them.
        to_delete: Rows to delete by object type.
        to_keep: Rows to keep by object type.
    """

    made_at: str
    org_id: str
    org_name: str
    settings: Mapping[str, Any]
    to_delete: Mapping[str, int]
    to_keep: Mapping[str, int]

    @classmethod
    def of(cls, plan: Plan, settings: Settings, now: datetime) -> SavedPlan:
        """What this plan comes to."""
        return cls(
            made_at=now.isoformat(timespec="seconds"),
            org_id=plan.org.id,
            org_name=plan.org.name,
            settings={name: _plain(getattr(settings, name)) for name in PLANNED_SETTINGS},
            to_delete={step.name: step.to_delete for step in plan.steps},
            to_keep={step.name: len(step.kept) for step in plan.steps},
        )

    def as_json(self) -> dict[str, Any]:
        """The document that `plan.json` holds."""
        return {"plan_version": PLAN_VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, document: Any) -> SavedPlan:  # noqa: ANN401 - whatever a file holds
        """The plan that a document holds.

        Raises:
            ValueError: It is not one that this version has written.
        """
        if not isinstance(document, dict) or document.get("plan_version") != PLAN_VERSION:
            raise ValueError(f"it is no plan of version {PLAN_VERSION}")
        names = [each.name for each in dataclasses.fields(cls)]
        for name in names:
            if not _fits(name, document.get(name)):
                raise ValueError(f"its '{name}' is missing or damaged")
        return cls(**{name: document[name] for name in names})


def read_plan_file(path: str) -> SavedPlan:
    """The plan that a file holds.

    Raises:
        InputError: It can't be read, or holds no plan.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
        return SavedPlan.from_json(json.loads(text))
    except (OSError, RuntimeError) as exc:
        why = str(getattr(exc, "strerror", None) or exc)
    except ValueError as exc:
        # (JSON and UTF-8 errors are ValueErrors too)
        why = str(exc)
    raise InputError(
        f"plan_file: '{path}' can't be used: {why.rstrip('.')}. Give the path of a plan.json that "
        "mode 'plan' has written."
    )


def changes(saved: SavedPlan, now: SavedPlan) -> tuple[Finding, ...]:
    """Why a saved plan may not be carried out any more; empty if it may."""
    return (*_other_org(saved, now), *_other_settings(saved, now), *_other_counts(saved, now))


def _other_org(saved: SavedPlan, now: SavedPlan) -> Iterator[Finding]:
    if saved.org_id != now.org_id:
        yield Finding(
            "plan-of-other-org",
            "blocks",
            f"The saved plan is of {saved.org_name} ({saved.org_id}), but the login leads to "
            f"{now.org_name} ({now.org_id}).",
            "Check which org the credentials belong to, or plan again.",
        )


def _other_settings(saved: SavedPlan, now: SavedPlan) -> Iterator[Finding]:
    names = {**saved.settings, **now.settings}
    differ = [name for name in names if saved.settings.get(name) != now.settings.get(name)]
    if differ:
        told = "; ".join(
            f"{name} was {_told(saved.settings.get(name))} and is {_told(now.settings.get(name))}"
            for name in differ
        )
        yield Finding(
            "plan-settings-changed",
            "blocks",
            f"The settings are not those of the saved plan: {told}.",
            "Set them back, or plan again.",
        )


def _other_counts(saved: SavedPlan, now: SavedPlan) -> Iterator[Finding]:
    for verb, before, after in (
        ("delete", saved.to_delete, now.to_delete),
        ("keep", saved.to_keep, now.to_keep),
    ):
        names = dict.fromkeys((*before, *after))
        pairs = {name: (before.get(name, 0), after.get(name, 0)) for name in names}
        differ = {name: pair for name, pair in pairs.items() if _is_far(*pair)}
        if differ:
            told = ", ".join(f"{name} {old:,}, now {new:,}" for name, (old, new) in differ.items())
            yield Finding(
                "plan-counts-changed",
                "blocks",
                f"The records to {verb} are not those of the saved plan of {saved.made_at}: "
                f"{told}.",
                "See what has changed them and plan again, also after a cleanup that stopped "
                "half-way.",
                tuple((name, new) for name, (_, new) in differ.items()),
            )


def _is_far(old: int, new: int) -> bool:
    return abs(new - old) > min(CHANGE_SHARE * old, CHANGE_ROWS)


def _told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the value of any setting
    return json.loads(json.dumps(value))


def _fits(name: str, value: object) -> bool:
    if name in ("to_delete", "to_keep"):
        return isinstance(value, dict) and all(type(rows) is int for rows in value.values())
    return isinstance(value, dict if name == "settings" else str)
