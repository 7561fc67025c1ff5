"""Answers in Zuora's form, and who is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
    from target_zuora360_cleanup.emulator.zuora.exports import Exports

__all__ = ["bad_credentials", "failed", "is_let_in", "refusal", "tree", "xml_answer"]

_UNAUTHORIZED = 90_000_011


def is_let_in(exports: Exports, call: Call) -> bool:
    """Whether a call has a bearer token of `/oauth/token`, or an access key in its headers."""
    if "authorization" in call.headers:
        return exports.opens(call.bearer())
    names = ("apiaccesskeyid", "apisecretaccesskey")
    return all(call.headers.get(name, "").strip() for name in names)


def bad_credentials() -> Answer:
    """The answer to a call that is not let in."""
    return refusal(401, _UNAUTHORIZED, "this resource is protected, please sign in first")


def refusal(status: int, code: int, message: str) -> Answer:
    """An error as Zuora's REST resources answer it."""
    reasons = [{"code": code, "message": message}]
    return json_answer({"success": False, "processId": "0", "reasons": reasons}, status)


def failed(error: SalesforceError) -> Answer:
    """Any other error in that form."""
    return refusal(error.status, error.status * 100_000, error.message)


def xml_answer(root: Element) -> Answer:
    """An answer with an XML document."""
    content = tostring(root, encoding="utf-8", xml_declaration=True)
    return Answer(200, content, "application/xml;charset=UTF-8")


def tree(parent: Element | None, name: str, text: str | None = None) -> Element:
    """A new element, below another one or at the top."""
    made = Element(name) if parent is None else SubElement(parent, name)
    made.text = text
    return made
