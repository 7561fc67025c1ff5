"""`undelete()`: takes records out of the recycle bin, by the SOAP API, which alone can.

The partner endpoint takes the access token as session id, up to 200 ids a call, and answers for
each in their order (SOAP API Developer Guide, `undelete()`, `UndeleteResult`). To ask once more
brings nothing back twice. What can't be read is no answer: nobody knows then what was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from target_zuora360_cleanup.salesforce.errors import ApiError, Unreadable
from target_zuora360_cleanup.salesforce.masking import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests

    from target_zuora360_cleanup.salesforce.rest import Rest

__all__ = ["MOST", "undelete"]

MOST: Final = 200
"""Ids that one call takes."""
_HEADERS: Final = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
_ENDED: Final = "INVALID_SESSION_ID"
_REFUSED: Final = 400
"""A fault comes with status 500, as if the server were in trouble; it is a plain refusal."""
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="urn:partner.soap.sforce.com">'
    "<env:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></env:Header>"
    "<env:Body><undelete>{ids}</undelete></env:Body></env:Envelope>"
)
_WANTED: Final = "the result of undelete()"


def undelete(rest: Rest, ids: Sequence[str]) -> list[ApiError | None]:
    """Bring up to 200 records back; for each, in their order, nothing or why it stays.

    Raises:
        ApiError: Salesforce refuses the call, or what came can't be read.
        requests.RequestException: No answer came.
    """
    version = rest.data_url.rpartition("/v")[2]
    named = "".join(f"<ids>{escape(each)}</ids>" for each in ids)
    response = rest.session.request_with_token(
        f"{rest.url}/services/Soap/u/{version}",
        lambda token: _ENVELOPE.format(token=escape(token), ids=named).encode(),
        _ended,
        headers=_HEADERS,
    )
    with response:
        return _read(response, ids, rest.session.secrets)


def _ended(response: requests.Response) -> ApiError | None:
    """The error where the session has ended."""
    if response.status_code == 401:  # noqa: PLR2004 - as HTTP counts
        return ApiError.of(response)
    fault = _fault(_xml(response.content))
    return fault if fault and fault.code == _ENDED else None


def _read(
    response: requests.Response, ids: Sequence[str], secrets: Sequence[str]
) -> list[ApiError | None]:
    document = _xml(response.content)
    if fault := _fault(document):
        raise fault
    if not response.ok:
        raise ApiError.of(response)
    results = _all(document, "result") if response.status_code == 200 else []  # noqa: PLR2004
    answers = [_row(result, each) for result, each in zip(results, ids, strict=False)]
    if len(results) != len(ids) or not all(is_read for is_read, _ in answers):
        raise Unreadable.of_answer(response, _WANTED, secrets=secrets)
    return [error for _, error in answers]


def _row(result: ET.Element, asked: str) -> tuple[bool, ApiError | None]:
    """Whether a result can be read, and the error that it tells."""
    match _text(result, "success"):
        case "true":
            return _text(result, "id")[:15] == asked[:15], None
        case "false":
            code, message = (_text(result, name) for name in ("statusCode", "message"))
            return bool(code), ApiError(200, code, masked(message))
    return False, None


def _xml(content: bytes) -> ET.Element | None:
    """The document; None where it is none, or one with definitions of its own."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return None
    try:
        return ET.fromstring(content)  # noqa: S314 - no entities are defined in it
    except (ET.ParseError, ValueError, LookupError, RecursionError):
        return None


def _fault(document: ET.Element | None) -> ApiError | None:
    faults = _all(document, "Fault")
    if not faults:
        return None
    code = _text(faults[0], "exceptionCode") or _text(faults[0], "faultcode").rpartition(":")[2]
    message = _text(faults[0], "exceptionMessage") or _text(faults[0], "faultstring")
    return ApiError(_REFUSED, code or "UNKNOWN_EXCEPTION", masked(message))


def _all(element: ET.Element | None, name: str) -> list[ET.Element]:
    found = element.iter() if element is not None else ()
    return [each for each in found if each.tag.rpartition("}")[2] == name]


def _text(element: ET.Element, name: str) -> str:
    first = next(iter(_all(element, name)), None)
    return (first.text or "").strip() if first is not None else ""
