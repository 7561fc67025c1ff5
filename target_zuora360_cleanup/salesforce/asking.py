"""Asks until an answer can be read: the loop around one request, and what is read from an answer.

What never arrived, and what a busy server refuses, is repeated below (`repeating`). Here what came
is judged: a refusal that passes, an answer that is none, a body that was cut off.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from requests.exceptions import ChunkedEncodingError, ContentDecodingError, RequestException

from target_zuora360_cleanup.salesforce.errors import ApiError, Unreadable, json_of
from target_zuora360_cleanup.salesforce.meaning import (
    BUSY,
    REPEATABLE,
    TOO_SLOW,
    Answer,
    Kind,
    meaning,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from target_zuora360_cleanup.salesforce.session import OrgSession
    from target_zuora360_cleanup.salesforce.shapes import Shape

T = TypeVar("T")

CUT: Final = (ChunkedEncodingError, ContentDecodingError)
"""A body that does not come to its end."""


def ask(
    session: OrgSession,
    method: str,
    url: str,
    shape: Shape,
    *,
    repeatable: bool | None = None,
    **sent: Any,  # noqa: ANN401 - handed on as they are
) -> Any:  # noqa: ANN401 - Salesforce's JSON
    """The JSON of an answer.

    Args:
        session: Sends the request.
        method: Such as `GET`.
        url: Whole URL.
        shape: What it must look like.
        repeatable: Whether the request does the same a second time, where its method doesn't say.
        sent: Handed on to the session, such as `json` or `params`.

    Raises:
        ApiError: Salesforce refuses; `Unreadable` where what came can't be read.
        requests.RequestException: No answer came.
    """
    again = method in REPEATABLE if repeatable is None else repeatable
    read = partial(_shaped, shape, session.secrets, again)
    return ask_until_read(session, method, url, read, repeatable=again, **sent)


def ask_until_read(
    session: OrgSession,
    method: str,
    url: str,
    read: Callable[[requests.Response], T],
    *,
    repeatable: bool,
    **sent: Any,  # noqa: ANN401 - handed on as they are
) -> T:
    """What is read from an answer, asked for again while it can't be.

    Args:
        session: Sends the request.
        method: Such as `GET`.
        url: Whole URL.
        read: Reads an answer; raises `Unreadable` where it can't.
        repeatable: Whether the request does the same a second time.
        sent: Handed on to the session.

    Raises:
        ApiError, requests.RequestException: As `ask`.
    """
    waits = iter(session.waits.send)
    while True:
        try:
            with session.request(method, url, **sent) as response:
                return read(response)
        except (ApiError, *CUT) as exc:
            wait = next(waits, None)
            is_repeated_below = method in REPEATABLE
            if wait is None or not _is_worth_another(exc, is_repeated_below, repeatable=repeatable):
                raise
            session.pause(max(wait, _asked_pause(exc, session.waits.retry_after)))


def _shaped(
    shape: Shape,
    secrets: tuple[str, ...],
    repeatable: bool,  # noqa: FBT001 - bound by `partial`
    response: requests.Response,
) -> Any:  # noqa: ANN401 - Salesforce's JSON
    try:
        body = json_of(response.content)
    except ValueError:
        body = None
    answer = Answer(response.status_code, fits=shape.fits(body), repeatable=repeatable)
    if meaning(answer).kind is not Kind.DONE:
        raise Unreadable.of_answer(response, shape.name, secrets=secrets, repeatable=repeatable)
    return body


def nothing(response: requests.Response) -> None:
    """For an answer without a body; what a proxy tells in its place is no such answer.

    Raises:
        Unreadable: There is one.
    """
    if response.content.strip()[:1] == b"<":
        raise Unreadable.of_answer(response, "nothing but to be taken", repeatable=False)


def _is_worth_another(
    exc: RequestException | ApiError,
    is_repeated_below: bool,  # noqa: FBT001 - named as what it is
    *,
    repeatable: bool,
) -> bool:
    if not isinstance(exc, ApiError):
        return repeatable
    if exc.meaning.kind is Kind.UNREADABLE:
        return repeatable
    if exc.status not in BUSY or not repeatable:
        return exc.meaning.kind is Kind.PASSING
    # (what took too long is asked for in smaller pieces)
    return exc.meaning.may_pass and not is_repeated_below and exc.status not in TOO_SLOW


def _asked_pause(exc: RequestException | ApiError, most: float) -> float:
    return min(exc.meaning.pause, most) if isinstance(exc, ApiError) else 0.0
