"""The saved plan, `plan.json`: what a `cleanup` with `plan_file` is held to. Data in, data out."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.settings.declared import Settings

PLAN_VERSION: Final = 3
PLANNED_SETTINGS: Final = (
    "object_groups", "include_objects", "exclude_objects", "only_accounts", "only_accounts_file",
    "allow_broken_hierarchies", "stream_objects", "max_records",
    "allow_cascade_to", "allow_hidden_rows", "lookup_links", "keep_own_values",
    "ignore_running_sync", "keep_quoted_products", "hard_delete", "backup", "backup_bodies_mb",
    "paired_state_ids",
)  # fmt: skip
"""The settings that say what is deleted, kept, reset and written down. How to log in, how fast to
go and where to write may differ between the plan and the cleanup; none of those is saved."""
_FINGERPRINT: Final = 12
"""Hexadecimal digits: enough that nobody makes the same by chance, few enough to be compared."""
DISTRIBUTION: Final = "target-zuora360-cleanup"


@dataclass(frozen=True)
class SavedPlan:
    """What a plan came to, and everything that its approval rests on.

    Attributes:
        made_at: When it was made, in UTC; blank for what a plan comes to that is not saved.
        settings: Those of `PLANNED_SETTINGS`, as JSON has them.
        to_delete: Rows to delete by object type.
        to_keep: Rows to keep by object type.
        instance: URL of the org.
        user: Name of the user who looked.
        tool_version: Version of this package.
        permissions: What the user may do, by Salesforce's names; null where it is not known.
        links: Rows of others that a deletion concerns, by what it does to them and the path that
            leads to them; null where they could not be counted.
        accounts: Where only some billing accounts are cleaned: how many (`chosen`), and a hash that
            tells them from any others (`digest`); else blank.
    """

    made_at: str
    org_id: str
    org_name: str
    settings: Mapping[str, Any]
    to_delete: Mapping[str, int]
    to_keep: Mapping[str, int]
    instance: str = ""
    user: str = ""
    tool_version: str = ""
    permissions: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, int | None] = field(default_factory=dict)
    accounts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, settings: Settings, made_at: str = "") -> SavedPlan:
        """What this plan comes to."""
        return cls(
            made_at=made_at,
            org_id=plan.org.id,
            org_name=plan.org.name,
            settings={name: _plain(getattr(settings, name)) for name in PLANNED_SETTINGS},
            to_delete={step.name: step.to_delete for step in plan.steps},
            to_keep={step.name: len(step.kept) for step in plan.steps},
            instance=plan.org.instance,
            user=plan.user,
            tool_version=version(DISTRIBUTION),
            permissions=dict(plan.permissions),
            links={
                **{
                    _name(path): rows
                    for path, rows in (*plan.strong_links, *plan.detached, *plan.blank_links)
                },
                **{_name(path): None for path in plan.not_counted},
            },
            accounts={"chosen": plan.accounts.chosen, "digest": plan.accounts.digest}
            if plan.accounts
            else {},
        )

    @property
    def fingerprint(self) -> str:
        """A short hash of all that the approval rests on; when it was made is not of it."""
        document = dataclasses.asdict(dataclasses.replace(self, made_at=""))
        text = json.dumps(document, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT]

    def as_json(self) -> dict[str, Any]:
        """The document that `plan.json` holds."""
        return {
            "plan_version": PLAN_VERSION,
            "fingerprint": self.fingerprint,
            **dataclasses.asdict(self),
        }

    @classmethod
    def from_text(cls, text: str) -> SavedPlan:
        """The plan that the text of a file holds.

        Raises:
            ValueError: It is no JSON, or not what this version has written.
        """
        return cls.from_json(json.loads(text))

    @classmethod
    def from_json(cls, document: Any) -> SavedPlan:  # noqa: ANN401 - whatever a file holds
        """The plan that a document holds.

        Raises:
            ValueError: It is not one that this version has written, or was changed since.
        """
        if not isinstance(document, dict) or document.get("plan_version") != PLAN_VERSION:
            raise ValueError(f"it is no plan of version {PLAN_VERSION}")
        names = [each.name for each in dataclasses.fields(cls)]
        for name in names:
            if not _fits(name, document.get(name)):
                raise ValueError(f"its '{name}' is missing or damaged")
        made = cls(**{name: document[name] for name in names})
        if document.get("fingerprint") != made.fingerprint:
            raise ValueError("its fingerprint is not that of what it holds")
        return made


def _name(path: Path) -> str:
    return f"{path.on_delete} {path.words} into {path.root}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - the value of any setting
    return json.loads(json.dumps(value))


def _fits(name: str, value: object) -> bool:
    if name in ("to_delete", "to_keep"):
        return isinstance(value, dict) and all(type(rows) is int for rows in value.values())
    if name == "links":
        return isinstance(value, dict) and all(
            rows is None or type(rows) is int for rows in value.values()
        )
    return isinstance(value, dict if name in ("settings", "permissions", "accounts") else str)
