"""What is left of the daily allowances, and approximate record counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]

# Salesforce counts most records as 2 KB, whatever they hold.
_RECORD_KB = 2


def limits(service: Service, _: Call) -> Answer:
    """Every allowance's maximum and rest."""
    usage = service.allowances.all()
    stored = math.ceil(sum(service.org.counts().values()) * _RECORD_KB / 1024)
    room = usage["DataStorageMB"][1]
    usage["DataStorageMB"] = (min(stored, room), room)
    return json_answer(
        {name: {"Max": top, "Remaining": top - used} for name, (used, top) in usage.items()}
    )


def record_count(service: Service, call: Call) -> Answer:
    """Records per object, of those asked for that exist; archived activities are left out.

    With ``stale_counts`` it is a snapshot that never changes, as Salesforce's is for a while.
    """
    counts = _counts(service)
    asked = call.query.get("sObjects") or call.query.get("sobjects")
    if asked is not None:
        wanted = {name.strip().lower() for name in asked.split(",")}
        counts = {name: count for name, count in counts.items() if name.lower() in wanted}
    listed = [{"count": count, "name": name} for name, count in sorted(counts.items())]
    return json_answer({"sObjects": listed})


def _counts(service: Service) -> dict[str, int]:
    if not service.options.stale_counts:
        return service.org.record_counts()
    if service.record_counts is None:
        service.record_counts = service.org.record_counts()
    return service.record_counts


ROUTES = (
    Route("GET", "/services/data/{version}/limits", limits, "limits"),
    Route("GET", "/services/data/{version}/limits/recordCount", record_count, "limits"),
)
