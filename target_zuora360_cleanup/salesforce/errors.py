"""What Salesforce answers when it doesn't do as asked.

`ApiError` is the one exception for an answer with an error body; what it means `meaning` says, and
whether it is the user's to mend is for the caller to say.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from requests import RequestException

from target_zuora360_cleanup.salesforce.masking import beginning, masked
from target_zuora360_cleanup.salesforce.meaning import Answer, Kind, Meaning, meaning
from target_zuora360_cleanup.salesforce.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests

UNREADABLE: Final = "UNREADABLE_ANSWER"
"""Our own code of an answer that is none of Salesforce's."""
_WORD: Final = re.compile(r"[A-Za-z][\w .-]{2,80}")
"""An error body that is one word or a few, such as `Bad_OAuth_Token`."""
_LOOKED_AT: Final = 200
_MOST_SECONDS: Final = 3_600
_MOST_WORDS: Final = 300


class ApiError(Exception):
    """An answer with an error status.

    Attributes:
        status: HTTP status.
        code: Salesforce's `errorCode`, such as `MALFORMED_QUERY`; `HTTP_503` where none was given.
        message: Salesforce's own words, or the HTTP reason.
        meaning: What it means for what was asked.
    """

    def __init__(self, status: int, code: str, message: str, meant: Meaning | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.meaning = meant or meaning(Answer(status, code, message))

    @classmethod
    def of(cls, response: requests.Response, *, repeatable: bool = True) -> ApiError:
        """Read the error body, `[{"errorCode": …, "message": …}]`, of a response.

        Args:
            response: With an error status.
            repeatable: Whether the request does the same a second time.
        """
        status = response.status_code
        code, message = _told(response)
        message = masked(message or response.reason or "no reason given")
        usage = Usage.of(response.headers.get("Sforce-Limit-Info"))
        answer = Answer(
            status,
            code,
            message,
            repeatable=repeatable,
            pause=_seconds(response.headers.get("Retry-After")),
            is_used_up=bool(usage and usage.is_used_up(100)),
        )
        return cls(status, code or f"HTTP_{status}", message, meaning(answer))

    @classmethod
    def of_part(cls, status: int, body: object) -> ApiError:
        """Read an error that stands in a larger answer."""
        code, message = _code_and_words(body)
        return cls(status, code or f"HTTP_{status}", masked(message or "no reason given"))


def _told(response: requests.Response) -> tuple[str, str]:
    """Code and words of an error answer; blank where it gives none."""
    try:
        return _code_and_words(json.loads(response.content))
    except (ValueError, RecursionError):
        text = response.content[:_LOOKED_AT].decode(errors="replace").strip()
        return "", text if _WORD.fullmatch(text) else ""


def _code_and_words(body: object) -> tuple[str, str]:
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", ""
    names = ("errorCode", "exceptionCode", "error"), ("message", "exceptionMessage")
    code, words = (next((str(first[n]) for n in each if first.get(n)), "") for each in names)
    return code, words or str(first.get("error_description") or "")


def _seconds(header: str | None) -> float:
    """A `Retry-After` in seconds; 0 where it gives none."""
    return float(min(int(header), _MOST_SECONDS)) if header and header.isdecimal() else 0.0


class Unreadable(ApiError):
    """What came can't be read as what was asked for; the message is a sentence.

    Attributes:
        status: HTTP status, often 200.
    """

    def __init__(self, status: int, message: str, *, repeatable: bool = True) -> None:
        meant = Meaning(Kind.UNREADABLE if repeatable else Kind.LOST)
        super().__init__(status, UNREADABLE, message, meant)

    @classmethod
    def of_answer(
        cls,
        response: requests.Response,
        wanted: str,
        content: bytes | None = None,
        *,
        secrets: Iterable[str] = (),
        repeatable: bool = True,
    ) -> Unreadable:
        """Say what was asked and what came.

        Args:
            response: The answer.
            wanted: What was asked for, as a person calls it.
            content: How its body begins, where that was streamed.
            secrets: What must not be told.
            repeatable: Whether the request does the same a second time.
        """
        shown = beginning(response.content if content is None else content, secrets)
        what = f"{asked(response)} asked for {wanted}"
        came = f"'{shown}'" if shown else "nothing"
        return cls(
            response.status_code,
            f"{what}, and what came with status {response.status_code} can't be read: {came}",
            repeatable=repeatable,
        )


def asked(response: requests.Response) -> str:
    """Method and URL of what was asked, and who answered where that was another host."""
    first = response.history[0] if response.history else response
    request, last = first.request, response.url or ""
    url = masked((request.url or "").partition("?")[0])
    host = urlsplit(last).netloc
    moved = f" (answered by {host})" if host and host != urlsplit(url).netloc else ""
    return f"{request.method} {url}{moved}"


def json_of(content: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The JSON of a body.

    Raises:
        ValueError: There is none, or one that is nested without an end.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def is_passing(exc: Exception) -> bool:
    """Whether trouble may be over soon: no answer, or one that another attempt may better."""
    from requests.exceptions import SSLError

    return exc.meaning.may_pass if isinstance(exc, ApiError) else not isinstance(exc, SSLError)


class LoginRefused(Exception):
    """Salesforce refuses the credentials; the message is its own words, in a line.

    Args:
        code: Salesforce's, such as `invalid_grant` or `INVALID_LOGIN`; may be blank.
        message: Its words; may be blank.
    """

    def __init__(self, code: str, message: str) -> None:
        words = masked(" ".join((message or code or "no reason given").split())).rstrip(".")
        super().__init__(words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]}…")


class SessionExpired(ApiError):
    """The session ended and can't be renewed, since only an access token was given."""


class Redirected(RequestException):
    """A login was sent on to another address, where it does not go; the message is a sentence."""

    def __init__(self, url: str, location: str) -> None:
        there = urljoin(url, location)
        super().__init__(
            f"The login server {_host(url)} sends the login on to {_host(there)}, which is not "
            "followed since it holds secrets. Set domain to the org's My Domain."
        )


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class JobFailed(Exception):
    """A Bulk API job ended `Failed` or `Aborted`.

    Attributes:
        job_id: The job's id.
        state: How it ended.
    """

    def __init__(self, job_id: str, state: str, message: str) -> None:
        super().__init__(f"job {job_id} ended {state}: {message or 'no reason given'}")
        self.job_id = job_id
        self.state = state


def unreachable(exc: Exception) -> str:
    """One sentence for a request that got no answer."""
    from requests.exceptions import ConnectTimeout, ReadTimeout, RetryError, SSLError

    request = getattr(exc, "request", None)
    where = (getattr(request, "url", None) or "Salesforce").split("?")[0]
    if isinstance(exc, Redirected):
        return str(exc)
    if isinstance(exc, SSLError):
        return f"Can't trust {where}: its TLS certificate was not accepted."
    if isinstance(exc, RetryError):
        return f"Can't reach {where}: the server stays busy. Run again later."
    why = "no answer in time" if isinstance(exc, (ConnectTimeout, ReadTimeout)) else "no connection"
    return f"Can't reach {where}: {why}. Check domain, instance_url and the network."
