"""Rows that tell what Apex does in an org: jobs of the packages, schedules, customers' triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.org.metadata import durable_id

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["apex_rows"]

_NEXT: int = 1_830_000_000
_PACKAGE_CLASS, _OWN_CLASS = 1, 2

Rows = dict[str, list[dict[str, Any]]]


def apex_rows(options: OrgOptions, schema: Schema) -> Rows:
    """Return the rows by object; the options say which there are."""
    rows: Rows = {
        "ApexClass": [
            {"Id": _PACKAGE_CLASS, "Name": "SyncBatch", "NamespacePrefix": "Zuora",
             "Status": "Active"},
            {"Id": _OWN_CLASS, "Name": "Nightly", "Status": "Active"},
        ],
        "AsyncApexJob": [
            _job(1, _OWN_CLASS, "Processing"),
            _job(2, _PACKAGE_CLASS, "Processing" if options.apex_job else "Completed"),
        ],
        "CronJobDetail": [{"Id": 1, "Name": "Nightly report", "JobType": "7"}],
        "CronTrigger": [_schedule(1)],
        "ApexTrigger": [
            _trigger(n, name, durable_id(schema, name))
            for n, name in enumerate(sorted(options.triggers), 1)
        ],
    }  # fmt: skip
    if options.scheduled_sync:
        rows["CronJobDetail"].append({"Id": 2, "Name": "Zuora 360 Sync", "JobType": "7"})
        rows["CronTrigger"].append(_schedule(2))
    return rows


def _job(number: int, apex_class: int, status: str) -> dict[str, Any]:
    return {"Id": number, "ApexClassId": apex_class, "JobType": "BatchApex", "Status": status}


def _schedule(number: int) -> dict[str, Any]:
    return {"Id": number, "CronJobDetailId": number, "State": "WAITING", "NextFireTime": _NEXT}


def _trigger(number: int, object_name: str, table: str) -> dict[str, Any]:
    return {
        "Id": number, "Name": f"On{object_name.split('__')[-2]}", "TableEnumOrId": table,
        "Status": "Active", "UsageBeforeDelete": 1, "IsValid": 1,
    }  # fmt: skip
