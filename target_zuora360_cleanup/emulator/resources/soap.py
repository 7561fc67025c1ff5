"""SOAP: `login()` with user name and password, gone from API 65.0 on, and `undelete()`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from target_zuora360_cleanup.emulator.wire.allowances import API_REQUESTS
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call
from target_zuora360_cleanup.emulator.wire.errors import RowResult, SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.wire.versions import SOAP_LOGIN_GONE, ApiVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]

_XML = "text/xml;charset=UTF-8"
_UNDELETE_MOST = 200
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


class _Fault(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def call_method(service: Service, call: Call) -> Answer:
    """Carry out the method that the envelope's body names."""
    try:
        return _answer(_carry_out(service, call))
    except _Fault as fault:
        return _fault(fault)


def _carry_out(service: Service, call: Call) -> str:
    version, method = _version(call), _method(call.body)
    if _name(method) == "login":
        return _login(service, call, version, method)
    if _name(method) == "undelete":
        _check_session(service, call.body)
        return _undelete(service, method)
    raise _Fault("INVALID_OPERATION", f"{_name(method)} is not supported by the emulator")


def _version(call: Call) -> ApiVersion:
    try:
        return call.version
    except SalesforceError:
        text = f"Invalid Api version specified on URL: {call.params['version']}"
        raise _Fault("UNSUPPORTED_API_VERSION", text) from None


def _root(body: bytes) -> ET.Element:
    try:
        return ET.fromstring(body)  # noqa: S314 - from the user's own client, over loopback
    except ET.ParseError as error:
        raise _Fault("MALFORMED_REQUEST", f"The request is no XML: {error}") from error


def _method(body: bytes) -> ET.Element:
    for child in _root(body):
        if _name(child) == "Body" and len(child):
            return child[0]
    raise _Fault("MALFORMED_REQUEST", "The envelope has no body")


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(element: ET.Element, name: str) -> list[str]:
    return [(item.text or "").strip() for item in element.iter() if _name(item) == name]


def _login(service: Service, call: Call, version: ApiVersion, method: ET.Element) -> str:
    if version.major >= SOAP_LOGIN_GONE:
        text = f"login() is not available in API version {version.number} and later"
        raise _Fault("UNSUPPORTED_API_VERSION", text)
    fault = service.faults.on_login()
    wrong = "Invalid username, password, security token; or user locked out."
    if fault is not None:
        raise _Fault(fault.soap_code, wrong)
    username, password = ((_texts(method, name) or [""])[0] for name in ("username", "password"))
    credentials = service.options.credentials
    known = credentials is None or credentials.knows_user(username, password)
    if not (username and password and known):
        raise _Fault("INVALID_LOGIN", wrong)
    return _logged_in(service, call, version)


def _logged_in(service: Service, call: Call, version: ApiVersion) -> str:
    org = service.org
    server = f"{call.base_url}/services/Soap/u/{version.number}/{org.org_id[:15]}"
    sandbox = "true" if org.options.sandbox else "false"
    return (
        "<loginResponse><result>"
        f"<metadataServerUrl>{escape(server.replace('/u/', '/m/'))}</metadataServerUrl>"
        "<passwordExpired>false</passwordExpired>"
        f"<sandbox>{sandbox}</sandbox>"
        f"<serverUrl>{escape(server)}</serverUrl>"
        f"<sessionId>{escape(service.sessions.issue())}</sessionId>"
        f"<userId>{org.user_id}</userId>"
        "<userInfo>"
        f"<organizationId>{org.org_id}</organizationId>"
        f"<organizationName>{escape(org.name)}</organizationName>"
        "<sessionSecondsValid>7200</sessionSecondsValid>"
        f"<userEmail>{escape(org.username)}</userEmail>"
        "<userFullName>Integration User</userFullName>"
        f"<userId>{org.user_id}</userId>"
        f"<userName>{escape(org.username)}</userName>"
        "</userInfo>"
        "</result></loginResponse>"
    )


def _check_session(service: Service, body: bytes) -> None:
    """See that the header's session is good, and charge the call."""
    tokens = _texts(_root(body), "sessionId")
    if not tokens or not service.sessions.is_valid(tokens[0], service.faults.on_session):
        text = "Invalid Session ID found in SessionHeader: Illegal Session"
        raise _Fault("INVALID_SESSION_ID", text)
    if not service.allowances.spend(API_REQUESTS):
        raise _Fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    service.stats.count("soap", charged=True)


def _undelete(service: Service, method: ET.Element) -> str:
    ids = _texts(method, "ids")
    if len(ids) > _UNDELETE_MOST:
        text = f"record limit reached. cannot submit more than {_UNDELETE_MOST} records"
        raise _Fault("EXCEEDED_ID_LIMIT", text)
    results = [
        replace(each, error=service.told(each.error)) if each.error else each
        for each in service.org.undelete(ids)
    ]
    return f"<undeleteResponse>{_rows(results)}</undeleteResponse>"


def _rows(results: Iterable[RowResult]) -> str:
    return "".join(f"<result>{_row(result)}</result>" for result in results)


def _row(result: RowResult) -> str:
    if result.error is None:
        return f"<id>{result.id}</id><success>true</success>"
    error = result.error
    return (
        f"<errors><message>{escape(error.message)}</message>"
        f"<statusCode>{error.code}</statusCode></errors>"
        f"<id>{escape(result.id or '')}</id><success>false</success>"
    )


def _answer(content: str) -> Answer:
    return Answer(content=_ENVELOPE.format(content).encode(), media_type=_XML)


def _fault(fault: _Fault) -> Answer:
    message = escape(f"{fault.code}: {fault.message}")
    content = (
        f"<soapenv:Fault><faultcode>sf:{fault.code}</faultcode>"
        f"<faultstring>{message}</faultstring>"
        "<detail><sf:UnexpectedErrorFault>"
        f"<sf:exceptionCode>{fault.code}</sf:exceptionCode>"
        f"<sf:exceptionMessage>{escape(fault.message)}</sf:exceptionMessage>"
        "</sf:UnexpectedErrorFault></detail></soapenv:Fault>"
    )
    return Answer(500, _ENVELOPE.format(content).encode(), _XML)


def _route(path: str) -> Route[Service]:
    return Route("POST", path, call_method, "login", access="open")


ROUTES = (
    _route("/services/Soap/u/{version}"),
    _route("/services/Soap/u/{version}/{org}"),
    _route("/services/Soap/c/{version}"),
    _route("/services/Soap/c/{version}/{org}"),
)
