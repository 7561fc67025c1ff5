"""What every request passes before its handler: the token, the API allowance, the counting."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.resources.zuora.answers import (
    bad_credentials,
    failed,
    is_let_in,
)
from target_zuora360_cleanup.emulator.wire.allowances import API_REQUESTS
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, error_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.wire.routing import Route

__all__ = ["admit", "charge", "limit_info", "pass_through"]

_LOG = logging.getLogger(__name__)


def pass_through(service: Service, call: Call, route: Route[Service]) -> Answer:
    """The handler's answer, or the error that Salesforce would send."""
    try:
        answer = admit(service, call, route) or route.handler(service, call)
    except SalesforceError as error:
        answer = failed(error) if route.kind == "zuora" else service.refusal(error)
    except Exception:  # noqa: BLE001 - a defect here must answer 500, not end the connection
        _LOG.exception("%s %s failed inside the emulator", call.method, call.path)
        text = "The emulator failed; its log says why"
        answer = error_answer(SalesforceError("UNKNOWN_EXCEPTION", text, status=500))
    return limit_info(service, answer) if route.access == "session" else answer


def admit(service: Service, call: Call, route: Route[Service]) -> Answer | None:
    """Check the token and charge the call; an answer means that it is turned away with that.

    Identity URLs answer a bad token with 403 and a bare word instead of Salesforce's error body.

    Raises:
        SalesforceError: INVALID_SESSION_ID, REQUEST_LIMIT_EXCEEDED or NOT_FOUND.
    """
    if route.access in {"open", "free"}:
        charge(service, route, amount=0)
        return None
    if route.access == "zuora":
        charge(service, route, amount=0)
        return None if is_let_in(service.exports, call) else bad_credentials()
    valid = service.sessions.is_valid(call.bearer(), service.faults.on_session)
    if route.access == "identity":
        charge(service, route, amount=0)
        return None if valid else Answer(403, b"Bad_OAuth_Token", "text/html;charset=UTF-8")
    if not valid:
        raise SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
    charge(service, route)
    if "version" in call.params:
        _ = call.version
    return None


def charge(service: Service, route: Route[Service], amount: int = 1) -> None:
    """Count a call and take it from the daily allowance.

    Raises:
        SalesforceError: REQUEST_LIMIT_EXCEEDED.
    """
    if route.access == "free":
        return
    if amount and not service.allowances.spend(API_REQUESTS, amount):
        text = "TotalRequests Limit exceeded."
        raise SalesforceError("REQUEST_LIMIT_EXCEEDED", text, status=403)
    service.stats.count(route.kind, charged=amount > 0)


def limit_info(service: Service, answer: Answer) -> Answer:
    """The answer with the header that tells the API calls used."""
    used, maximum = service.allowances.usage(API_REQUESTS)
    header = {"Sforce-Limit-Info": f"api-usage={used}/{maximum}"}
    return replace(answer, headers={**answer.headers, **header})
