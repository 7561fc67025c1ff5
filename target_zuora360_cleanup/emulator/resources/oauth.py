"""The OAuth endpoints: well-formed logins are let in, unless credentials or faults forbid it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from target_zuora360_cleanup.emulator.resources.credentials import JWT_GRANT, NotLetIn
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_zuora360_cleanup.emulator.resources.service import Handler, Service

__all__ = ["ROUTES"]

_JWT_CLAIMS = ["iss", "sub", "aud", "exp"]


class _Refused(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.answer = json_answer({"error": error, "error_description": description}, status)


def token(service: Service, call: Call) -> Answer:
    """A new access token for refresh token, client credentials, JWT bearer or password."""
    form = _form(call)
    try:
        _GRANTS.get(form.get("grant_type", ""), _unsupported)(form)
        _fail_on_demand(service)
        _check(service, form)
        rotated = _rotate(service, form)
    except _Refused as refused:
        return refused.answer
    return json_answer({**_granted(service, call, form), **rotated})


def revoke(service: Service, call: Call) -> Answer:
    """Make a token invalid."""
    service.sessions.revoke(_form(call).get("token") or call.query.get("token", ""))
    return Answer(200)


def _form(call: Call) -> dict[str, str]:
    """The form's fields, with the client's id and secret from an HTTP Basic header."""
    fields = {**call.query, **dict(parse_qsl(call.body.decode("utf-8", "replace")))}
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client_id, _, secret = _decoded(value).partition(":")
        fields = {"client_id": unquote(client_id), "client_secret": unquote(secret), **fields}
    return fields


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _fail_on_demand(service: Service) -> None:
    fault = service.faults.on_login()
    if fault is not None:
        raise _Refused(fault.error, fault.description)


def _check(service: Service, form: Mapping[str, str]) -> None:
    credentials = service.options.credentials
    if credentials is None:
        return
    sandbox = service.org.options.sandbox
    try:
        credentials.check(form, service.refresh_tokens, sandbox=sandbox)
    except NotLetIn as refused:
        raise _Refused(refused.error, refused.description) from None


def _rotate(service: Service, form: Mapping[str, str]) -> dict[str, str]:
    """The next refresh token, if there is to be one."""
    if form["grant_type"] != "refresh_token":
        return {}
    refusal, following = service.faults.on_refresh(form["refresh_token"])
    if refusal is not None:
        raise _Refused(refusal.error, refusal.description)
    if following is None:
        return {}
    service.refresh_tokens.add(following)
    return {"refresh_token": following}


def _unsupported(_: Mapping[str, str]) -> None:
    raise _Refused("unsupported_grant_type", "grant type not supported")


def _require(form: Mapping[str, str], name: str, error: str, description: str) -> None:
    if not form.get(name):
        raise _Refused(error, description)


def _require_client(form: Mapping[str, str]) -> None:
    _require(form, "client_id", "invalid_client_id", "client identifier invalid")


def _refresh(form: Mapping[str, str]) -> None:
    _require_client(form)
    _require(form, "refresh_token", "invalid_grant", "expired access/refresh token")


def _client_credentials(form: Mapping[str, str]) -> None:
    _require_client(form)
    _require(form, "client_secret", "invalid_client", "invalid client credentials")


def _password(form: Mapping[str, str]) -> None:
    _require_client(form)
    _require(form, "client_secret", "invalid_client", "invalid client credentials")
    for name in ("username", "password"):
        _require(form, name, "invalid_grant", "authentication failure")


def _jwt(form: Mapping[str, str]) -> None:
    """Whether the assertion is a JWT with all claims that has not expired.

    The signature is checked where the credentials have a key.
    """
    import jwt

    try:
        jwt.decode(
            form.get("assertion", ""),
            options={"verify_signature": False, "verify_exp": True, "require": _JWT_CLAIMS},
        )
    except jwt.ExpiredSignatureError:
        raise _Refused("invalid_grant", "expired authorization code") from None
    except jwt.PyJWTError as error:
        raise _Refused("invalid_grant", f"invalid assertion: {error}") from error


_GRANTS: Mapping[str, Callable[[Mapping[str, str]], None]] = {
    "refresh_token": _refresh,
    "client_credentials": _client_credentials,
    "password": _password,
    JWT_GRANT: _jwt,
}


def _granted(service: Service, call: Call, form: Mapping[str, str]) -> dict[str, str]:
    identity = f"{call.base_url}/id/{service.org.org_id}/{service.org.user_id}"
    issued = str(int(time.time() * 1000))
    signature = hashlib.sha256(f"{identity}{issued}".encode()).digest()
    granted = {
        "access_token": service.sessions.issue(),
        "instance_url": call.base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
        "signature": base64.b64encode(signature).decode(),
    }
    scope = {} if form["grant_type"] == "password" else {"scope": "api refresh_token"}
    return {**granted, **scope}


def _route(method: str, path: str, handler: Handler) -> Route[Service]:
    return Route(method, path, handler, "login", access="open")


ROUTES = (
    _route("POST", "/services/oauth2/token", token),
    _route("POST", "/services/oauth2/revoke", revoke),
)
