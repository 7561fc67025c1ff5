"""The HTTP session that the REST client and the Bulk API client share.

It puts the current token on every request, logs in again once when the session has ended, gives
every request a time limit, repeats what may safely be repeated, and turns error answers into
`ApiError`.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.errors import ApiError, LoginRefused, SessionExpired
from target_zuora360_cleanup.salesforce.meaning import REPEATABLE
from target_zuora360_cleanup.salesforce.repeating import (
    Adapter,
    LoginSession,
    first_contact_policy,
    retry_policy,
    together_policy,
)
from target_zuora360_cleanup.salesforce.usage import Usage
from target_zuora360_cleanup.salesforce.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.salesforce.credentials import Credentials
    from target_zuora360_cleanup.salesforce.grants import Grant

IDENTITY: Final = "/services/oauth2/"
"""Below here stands who is logged in; to ask it is part of logging in, and no API call."""


class OrgSession(requests.Session):
    """A session with one org.

    Every thread of a run sends with it. A lock guards the counts and the renewal of the token: of
    threads that are told at the same time that the session has ended, one logs in, and the others
    wait for it and take its token.

    Args:
        credentials: The way of logging in.
        waits: How long is waited before a request is repeated.
        pause: Waits that many seconds; may raise to give a wait up.

    Attributes:
        waits: The same.
        pause: The same.
        calls: Requests sent since the start, logins left out, by HTTP method.
        usage: Calls used and allowed in 24 hours, as the last `Sforce-Limit-Info` header said.
        date: The org's time, as the last `Date` header said; None before one has.
    """

    def __init__(
        self,
        credentials: Credentials,
        waits: Waits | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self._credentials = credentials
        self.waits = waits or Waits()
        self.pause = pause
        self._grant: Grant | None = None
        self._lock = threading.Lock()
        self._environment: dict[tuple[Any, ...], Any] = {}
        self.calls: dict[str, int] = {}
        self.usage: Usage | None = None
        self.date: str | None = None

    def connect(self) -> Grant:
        """Log in for the first time.

        Raises:
            LoginRefused: Salesforce refuses the credentials.
            requests.RequestException: Salesforce can't be reached.
        """
        grant = self._login()
        for scheme in ("https://", "http://"):
            self.mount(scheme, Adapter(retry_policy(self.waits)))
        first = Adapter(first_contact_policy(self.waits), is_first=True)
        self.mount(f"{grant.instance_url}{IDENTITY}", first)
        return grant

    @property
    def grant(self) -> Grant:
        """What the last login has brought."""
        if self._grant is None:
            raise RuntimeError("connect() comes first")
        return self._grant

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be told of an answer."""
        return (self._grant.access_token,) if self._grant else ()

    def repeat_together(self, url: str) -> None:
        """Repeat requests of every method to this URL that get no answer: they only ask.

        What took too long is not repeated: it would again, and less of it may be asked for.
        """
        self.mount(url, Adapter(together_policy(self.waits)))
        self.mount(f"{url}/", Adapter(retry_policy(self.waits)))

    def _login(self) -> Grant:
        with LoginSession(self.waits, self.pause) as session:
            self._grant = self._credentials.login(session)
        return self._grant

    @override
    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request with the current token.

        Raises:
            ApiError: Salesforce answered with an error status.
            SessionExpired: The session ended and can't be renewed, or is refused a new login.
            requests.RequestException: No answer came.
        """
        token = self._token()
        response = self._send(token, method, url, *args, **kwargs)
        if response.status_code == requests.codes.unauthorized:
            # (to read the answer frees its connection)
            token = self._renew(token, ApiError.of(response))
            response = self._send(token, method, url, *args, **kwargs)
        if not response.ok:
            raise ApiError.of(response, repeatable=str(method).upper() in REPEATABLE)
        return response

    def request_with_token(
        self,
        url: str,
        body: Callable[[str], bytes],
        ended: Callable[[requests.Response], ApiError | None],
        **kwargs: Any,  # noqa: ANN401 - handed on as they are
    ) -> requests.Response:
        """Post a body that holds the current token; whatever came of it is for the caller to judge.

        Args:
            url: Whole URL; a redirect is not followed, since the body holds a secret.
            body: Makes it, of a token.
            ended: The error of an answer that says that the session has ended.
            kwargs: Handed on, such as `headers`.

        Raises:
            SessionExpired: The session ended and can't be renewed, or is refused a new login.
            requests.RequestException: No answer came.
        """
        token = self._token()
        kwargs["allow_redirects"] = False
        response = self._send(token, "POST", url, data=body(token), **kwargs)
        if error := ended(response):
            token = self._renew(token, error)
            response = self._send(token, "POST", url, data=body(token), **kwargs)
        return response

    @override
    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Read proxies and certificates from the environment once for each host.

        To read them anew for each request takes longer than to send it.
        """
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc, stream, verify, cert)
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        if key not in self._environment:
            merged = super().merge_environment_settings(url, {}, stream, verify, cert)
            self._environment[key] = merged
        settings = self._environment[key]
        return {**settings, "proxies": dict(settings["proxies"])}

    def _send(
        self,
        token: str,
        method: str,
        url: str,
        *args: Any,  # noqa: ANN401 - handed on as they are
        **kwargs: Any,  # noqa: ANN401 - handed on as they are
    ) -> requests.Response:
        kwargs["auth"] = partial(_with_token, token)
        response = super().request(method, url, *args, **kwargs)
        self._note(method.upper(), response)
        return response

    def _token(self) -> str:
        return self.grant.access_token

    def _renew(self, stale: str, error: ApiError) -> str:
        if not self._credentials.renewable:
            raise SessionExpired(
                error.status,
                error.code,
                f"{error.code}: {error.message.rstrip('.')}. An access token can't be renewed: if "
                "it is not or no longer valid, set a new access_token, or credentials that log "
                "in, and run again",
            )
        with self._lock:
            # Another thread may have logged in while this one waited.
            return self._token() if self._token() != stale else self._log_in_anew().access_token

    def _log_in_anew(self) -> Grant:
        name = self._credentials.name
        try:
            return self._login()
        except LoginRefused as exc:
            raise self._ended(f"Salesforce refused a new login ({name}): {exc}") from None
        except InputError as exc:
            raise self._ended(f"a new login ({name}) failed: {exc}".rstrip(".")) from None

    def _ended(self, why: str) -> SessionExpired:
        return SessionExpired(
            requests.codes.unauthorized, "INVALID_SESSION_ID", f"the session ended and {why}"
        )

    def _note(self, method: str, response: requests.Response) -> None:
        with self._lock:
            if IDENTITY not in (response.request.url or ""):
                self.calls[method] = self.calls.get(method, 0) + 1
            self.usage = Usage.of(response.headers.get("Sforce-Limit-Info")) or self.usage
            self.date = response.headers.get("Date") or self.date


def _with_token(token: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Put the token on a request. A mere header would lose against an entry in `~/.netrc`."""
    request.headers["Authorization"] = f"Bearer {token}"
    return request
