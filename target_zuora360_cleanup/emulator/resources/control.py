"""The emulator's own resources under `/__emulator__`: no token, no faults, no counting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.faults.spec import FaultSpec, FaultSpecError, fault_schema
from target_zuora360_cleanup.emulator.generate.customers import customers_links, link_customers
from target_zuora360_cleanup.emulator.wire.calls import EMPTY, Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Handler, Service

__all__ = ["ROUTES"]

_SHOWN_REQUESTS = 1_000
_CHANGED_RECORDS = 20


def about(service: Service, _: Call) -> Answer:
    """Which org this is, and a token that opens it."""
    org = service.org
    return json_answer(
        {
            "pid": os.getpid(),
            "org_id": org.org_id,
            "user_id": org.user_id,
            "username": org.username,
            "access_token": service.sessions.first,
            "is_sandbox": org.options.sandbox,
        }
    )


def stats(service: Service, _: Call) -> Answer:
    """Rows, rows in the recycle bin and API calls, as they are now."""
    return json_answer(
        {
            "rows": service.org.counts(),
            "recycle_bin": service.org.recycle_bin_counts(),
            "api_calls": service.stats.calls(),
            "zuora_rows": service.zuora.counts(),
            "zuora_synced": service.zuora.counts(synced=True),
        }
    )


def reset_stats(service: Service, _: Call) -> Answer:
    """Count API calls from zero; the daily allowances stay as they are."""
    service.stats.reset()
    return EMPTY


def requests(service: Service, call: Call) -> Answer:
    """The last requests, oldest first: method, path, query and status (0: cut)."""
    last = call.query.get("last", str(_SHOWN_REQUESTS))
    return json_answer(service.stats.requests(int(last) if last.isdecimal() else _SHOWN_REQUESTS))


def fingerprint(service: Service, call: Call) -> Answer:
    """A hash over all live rows of an object: the same as long as nothing changes."""
    name = call.query.get("object")
    if not name:
        raise SalesforceError("MISSING_ARGUMENT", "the parameter object is required")
    return json_answer({"object": name, "fingerprint": service.org.fingerprint(name)})


def show_faults(service: Service, _: Call) -> Answer:
    """The faults in force, as they were given."""
    return json_answer(service.faults.spec.given)


def set_faults(service: Service, call: Call) -> Answer:
    """Put faults in force, in place of those before."""
    data = call.json_object()
    try:
        service.set_faults(FaultSpec.parse(data))
    except FaultSpecError as error:
        raise SalesforceError("INVALID_FAULTS", str(error)) from error
    return json_answer(data)


def clear_faults(service: Service, _: Call) -> Answer:
    """No faults any more; expired sessions and spent allowances stay so."""
    service.set_faults(FaultSpec())
    return EMPTY


def schema(_: Service, __: Call) -> Answer:
    """What faults can be asked for, as a JSON schema."""
    return json_answer(fault_schema())


def links(service: Service, _: Call) -> Answer:
    """Which lookups of customers and quotes lead to Zuora's records, as the org was filled."""
    return json_answer(customers_links(service.org))


def link(service: Service, _: Call) -> Answer:
    """Set the customers' and quotes' blank lookups to records that are there again."""
    return json_answer(link_customers(service.org))


def change(service: Service, call: Call) -> Answer:
    """Let time pass in Zuora: so many records change, are new or are deleted."""
    data = call.json_object()
    numbers = [data.get("records", _CHANGED_RECORDS), data.get("seed", 1)]
    if not all(type(each) is int and each >= 0 for each in numbers):
        raise SalesforceError("INVALID_INPUT", "records and seed must be whole numbers from 0 on")
    return json_answer(service.zuora.change(*numbers))


def _route(method: str, path: str, handler: Handler) -> Route[Service]:
    return Route(method, f"/__emulator__{path}", handler, "control", access="free")


ROUTES = (
    _route("GET", "", about),
    _route("GET", "/stats", stats),
    _route("POST", "/reset-stats", reset_stats),
    _route("GET", "/requests", requests),
    _route("GET", "/fingerprint", fingerprint),
    _route("GET", "/customers/links", links),
    _route("POST", "/customers/link", link),
    _route("POST", "/zuora/changes", change),
    _route("GET", "/faults", show_faults),
    _route("POST", "/faults", set_faults),
    _route("DELETE", "/faults", clear_faults),
    _route("GET", "/faults/schema", schema),
)
