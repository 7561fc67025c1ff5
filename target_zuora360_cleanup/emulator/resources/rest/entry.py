"""The entry points: which API versions there are, and what each one offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.wire.versions import ALL_VERSIONS

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]

_RESOURCES = {
    "tooling": "tooling",
    "composite": "composite",
    "limits": "limits",
    "query": "query",
    "queryAll": "queryAll",
    "sobjects": "sobjects",
    "jobs": "jobs",
}


def versions(_: Service, __: Call) -> Answer:
    """All API versions; needs no token and costs no API call."""
    listed = [
        {"label": version.label, "url": version.url, "version": version.number}
        for version in ALL_VERSIONS
    ]
    return json_answer(listed)


def resource_map(service: Service, call: Call) -> Answer:
    """The resources of one version, with the user's identity URL."""
    base = call.version.url
    found = {name: f"{base}/{path}" for name, path in _RESOURCES.items()}
    identity = f"{call.base_url}/id/{service.org.org_id}/{service.org.user_id}"
    return json_answer({**found, "identity": identity})


ROUTES = (
    Route("GET", "/services/data", versions, "versions", access="open"),
    Route("GET", "/services/data/{version}", resource_map),
)
