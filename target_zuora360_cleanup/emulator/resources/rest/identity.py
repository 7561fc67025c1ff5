"""Who is logged in: userinfo and the identity URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]


def userinfo(service: Service, call: Call) -> Answer:
    """The OpenID Connect view of the user."""
    org = service.org
    return json_answer(
        {
            "sub": _identity(service, call),
            "user_id": org.user_id,
            "organization_id": org.org_id,
            "preferred_username": org.username,
            "nickname": "integration",
            "name": "Integration User",
            "given_name": "Integration",
            "family_name": "User",
            "email": org.username,
            "email_verified": True,
            "zoneinfo": "GMT",
            "locale": "en_US",
            "language": "en_US",
            "active": True,
            "user_type": "STANDARD",
            "is_app_installed": True,
            "urls": _urls(service, call),
        }
    )


def identity(service: Service, call: Call) -> Answer:
    """Salesforce's own view of the user."""
    org = service.org
    if call.params["org"][:15] != org.org_id[:15] or call.params["user"][:15] != org.user_id[:15]:
        return Answer(403, b"Wrong_Org", "text/html;charset=UTF-8")
    return json_answer(
        {
            "id": _identity(service, call),
            "asserted_user": True,
            "user_id": org.user_id,
            "organization_id": org.org_id,
            "username": org.username,
            "nick_name": "integration",
            "display_name": "Integration User",
            "email": org.username,
            "active": True,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_US",
            "utcOffset": 0,
            "urls": _urls(service, call),
        }
    )


def _identity(service: Service, call: Call) -> str:
    return f"{call.base_url}/id/{service.org.org_id}/{service.org.user_id}"


def _urls(service: Service, call: Call) -> dict[str, Any]:
    rest = f"{call.base_url}/services/data/v{{version}}"
    soap = f"{call.base_url}/services/Soap"
    return {
        "enterprise": f"{soap}/c/{{version}}/{service.org.org_id[:15]}",
        "partner": f"{soap}/u/{{version}}/{service.org.org_id[:15]}",
        "rest": f"{rest}/",
        "sobjects": f"{rest}/sobjects/",
        "query": f"{rest}/query/",
        "tooling_rest": f"{rest}/tooling/",
        "profile": f"{call.base_url}/{service.org.user_id}",
        "custom_domain": call.base_url,
    }


ROUTES = (
    Route("GET", "/services/oauth2/userinfo", userinfo, "userinfo", access="identity"),
    Route("POST", "/services/oauth2/userinfo", userinfo, "userinfo", access="identity"),
    Route("GET", "/id/{org}/{user}", identity, "userinfo", access="identity"),
)
