"""What a new org holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

__all__ = ["OrgOptions"]


@dataclass(frozen=True)
class OrgOptions:
    """What a new org holds.

    Attributes:
        seed: The same seed and numbers give the same rows.
        records: Zuora's records: accounts and related objects, and the product catalogue.
        quotes: Whether there are quotes, which use part of the catalogue.
        customer_rows: Which of the three customer objects have rows.
        without_packages: Packages (`Zuora`, `zqu`) that are not installed.
        sandbox: Whether the org calls itself a sandbox.
        organization_type: Salesforce's name of the edition.
        hard_delete_permission: Whether the user may delete for good.
        zqu_version: Version of Zuora Quotes.
        zqu_config_version: The same as the packages' own settings have it; blank: `zqu_version`.
        zuora_version: Version of Zuora 360.
        max_cascade: Children that one deletion may take along.
        apex_job: Whether an Apex job of the package Zuora is running.
        scheduled_sync: Whether a sync is scheduled.
        triggers: Objects on which the customer has a trigger for deletions.
        not_visible: Objects that the user may not read, so that they seem not to be there.
        not_deletable: Objects of which the user may not delete rows.
        rows_hidden: Objects of which sharing hides a third of the rows from the user.
        modify_all: Whether the user may read and change everybody's rows.
        synced: Whether Zuora's records are in the org already, or in Zuora alone.
        own_sync: Whether Zuora's records in the org are as Zuora's own sync leaves them: field by
            field, with all rows that this sync makes, so that there are more than `records`.
        shape: What else it has, and what the user can't see, as JSON text; blank: nothing.
    """

    seed: int = 1
    records: int = 10_000
    quotes: bool = True
    customer_rows: frozenset[str] = frozenset()
    without_packages: frozenset[str] = frozenset()
    sandbox: bool = False
    organization_type: str = "Enterprise Edition"
    hard_delete_permission: bool = False
    zqu_version: str = "9.12"
    zqu_config_version: str = ""
    zuora_version: str = "5.2"
    max_cascade: int = 100_000
    apex_job: bool = False
    scheduled_sync: bool = False
    triggers: frozenset[str] = frozenset()
    not_visible: frozenset[str] = frozenset()
    not_deletable: frozenset[str] = frozenset()
    rows_hidden: frozenset[str] = frozenset()
    modify_all: bool = True
    synced: bool = True
    own_sync: bool = False
    shape: str = ""

    @property
    def as_text(self) -> str:
        """What tells one filled database from another."""
        plain = {key: sorted(value) if isinstance(value, frozenset) else value
                 for key, value in asdict(self).items()}  # fmt: skip
        return json.dumps(plain, sort_keys=True)
