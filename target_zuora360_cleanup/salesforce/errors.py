"""What Salesforce answers when it doesn't do as asked.

`ApiError` is the one exception for an answer with an error body; whether it is the user's to mend
is for the caller to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import requests


class ApiError(Exception):
    """An answer with an error status.

    Attributes:
        status: HTTP status.
        code: Salesforce's `errorCode`, such as `MALFORMED_QUERY`; `HTTP_503` where none was given.
        message: Salesforce's own words, or the HTTP reason.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    @classmethod
    def of(cls, response: requests.Response) -> ApiError:
        """Read the error body, `[{"errorCode": …, "message": …}]`, of a response."""
        code, message = f"HTTP_{response.status_code}", response.reason or "no reason given"
        try:
            body = response.json()
        except ValueError:
            return cls(response.status_code, code, message)
        first = body[0] if isinstance(body, list) and body else body
        if isinstance(first, dict):
            code = str(first.get("errorCode") or code)
            message = str(first.get("message") or message)
        return cls(response.status_code, code, message)


PASSING: Final = frozenset({408, 420, 429, 500, 502, 503, 504})
"""Statuses that say nothing about the request: it may succeed when it is sent again."""


def is_passing(exc: Exception) -> bool:
    """Whether trouble may be over soon: no answer, or one that the server is busy."""
    return exc.status in PASSING if isinstance(exc, ApiError) else True


class SessionExpired(ApiError):
    """The session ended and can't be renewed, since only an access token was given."""


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
    if isinstance(exc, SSLError):
        return f"Can't trust {where}: its TLS certificate was not accepted."
    if isinstance(exc, RetryError):
        return f"Can't reach {where}: the server stays busy. Run again later."
    why = "no answer in time" if isinstance(exc, (ConnectTimeout, ReadTimeout)) else "no connection"
    return f"Can't reach {where}: {why}. Check domain, instance_url and the network."
