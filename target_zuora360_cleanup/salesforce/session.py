"""The HTTP session that simple-salesforce's REST calls and our Bulk API client share.

It puts the current token on every request, logs in again once when the session has ended, gives
every request a time limit, repeats what may safely be repeated, and turns error answers into
`ApiError`.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.util.retry import Retry

from target_zuora360_cleanup.salesforce.errors import PASSING, ApiError, SessionExpired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simple_salesforce.exceptions import SalesforceAuthenticationFailed
    from urllib3.response import BaseHTTPResponse

    from target_zuora360_cleanup.salesforce.credentials import Credentials, Grant

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 180
"""Above the 120 s after which Salesforce gives a query up (`QUERY_TIMEOUT`)."""
RETRIES: Final = 6
"""Over half a minute, as the waits double."""
BACKOFF_SECONDS: Final = 0.5
"""The first wait, which doubles; about as much is added by chance."""
LOGIN_RETRIES: Final = 2
"""A wrong domain is to be told at once."""
RETRY_AFTER_SECONDS: Final = 60
_POOL: Final = 32
_REFUSAL_LENGTH: Final = 300
_REPEATABLE: Final = ("GET", "HEAD", "DELETE")


class _Retry(Retry):
    """Waits as long as the server asks for, within bounds."""

    @override
    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, RETRY_AFTER_SECONDS)


def retry_policy(retries: int = RETRIES, methods: tuple[str, ...] | None = _REPEATABLE) -> Retry:
    """What is repeated: requests that never arrived, and those that do the same a second time.

    Whatever else may have been carried out (POST, PATCH, PUT of jobs) is not repeated here.
    """
    return _Retry(
        total=retries,
        backoff_factor=BACKOFF_SECONDS,
        backoff_jitter=BACKOFF_SECONDS,
        backoff_max=30,
        status_forcelist=PASSING,
        allowed_methods=methods,
        raise_on_status=False,
    )


def login_policy(statuses: frozenset[int]) -> Retry:
    """What is repeated of a login: all of it while the server is busy.

    Whoever asks for a token sees answers that have one or say why not, and no other.
    """
    busy = retry_policy(methods=None)
    return busy.new(
        connect=LOGIN_RETRIES,
        read=LOGIN_RETRIES,
        status_forcelist=statuses,
        raise_on_status=True,
    )


class _Adapter(HTTPAdapter):
    """Gives every request a time limit; may send to plain http what asks for https."""

    def __init__(self, retry: Retry, *, plain_http: bool = False) -> None:
        self._plain_http = plain_http
        super().__init__(pool_connections=4, pool_maxsize=_POOL, max_retries=retry)

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        if self._plain_http and request.url:
            # simple-salesforce always writes https; an emulator on loopback may speak plain http.
            request.url = "http://" + request.url.split("://", 1)[1]
        limit = timeout or (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, stream, limit, verify, cert, proxies)


def plain_session() -> requests.Session:
    """A session with time limits and retries, but no token: for logging in."""
    session = requests.Session()
    # A SOAP login answers wrong credentials with 500.
    adapter = _Adapter(login_policy(PASSING - {500}))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def repeat_tokens(session: requests.Session, url: str) -> None:
    """Repeat what is posted to a token endpoint on every answer that the server is in trouble."""
    session.mount(url, _Adapter(login_policy(PASSING)))


class OrgSession(requests.Session):
    """A session with one org. Safe to use from several threads.

    Attributes:
        calls: Requests sent since the start, logins left out, by HTTP method.
        usage: Calls used and allowed in 24 hours, as the last `Sforce-Limit-Info` header said.
    """

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials
        self._grant: Grant | None = None
        self._plain = False
        self._lock = threading.Lock()
        self.calls: dict[str, int] = {}
        self.usage: tuple[int, int] | None = None

    def connect(self) -> Grant:
        """Log in for the first time.

        Raises:
            SalesforceAuthenticationFailed: Salesforce refuses the credentials.
            requests.RequestException: Salesforce can't be reached.
        """
        grant = self._login()
        host = grant.instance_url.split("://", 1)[1]
        self._plain = plain = grant.instance_url.startswith("http://")
        self.mount("https://", _Adapter(retry_policy()))
        self.mount("http://", _Adapter(retry_policy()))
        if plain:
            self.mount(f"https://{host}", _Adapter(retry_policy(), plain_http=True))
        return grant

    def repeat_all(self, prefix: str) -> None:
        """Repeat requests of every method below this URL: they do the same a second time."""
        retry = retry_policy(methods=None)
        self.mount(f"https://{prefix.split('://', 1)[1]}", _Adapter(retry, plain_http=self._plain))

    def _login(self) -> Grant:
        with plain_session() as session:
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
            token = self._renew(token, response)
            response = self._send(token, method, url, *args, **kwargs)
        if not response.ok:
            raise ApiError.of(response)
        return response

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
        if self._grant is None:
            raise RuntimeError("connect() comes first")
        return self._grant.access_token

    def _renew(self, stale: str, response: requests.Response) -> str:
        error = ApiError.of(response)  # (reads the answer, which frees its connection)
        if not self._credentials.renewable:
            raise SessionExpired(
                error.status,
                error.code,
                "the access token is not or no longer valid, and an access token can't be "
                "renewed: set a new access_token, or credentials that log in, and run again",
            )
        with self._lock:
            # Another thread may have logged in while this one waited.
            return self._token() if self._token() != stale else self._login_again().access_token

    def _login_again(self) -> Grant:
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed

        try:
            return self._login()
        except SalesforceAuthenticationFailed as exc:
            raise SessionExpired(
                requests.codes.unauthorized,
                "INVALID_SESSION_ID",
                f"the session ended and Salesforce refused a new login ({self._credentials.name}): "
                f"{refusal(exc)}",
            ) from None

    def _note(self, method: str, response: requests.Response) -> None:
        with self._lock:
            self.calls[method] = self.calls.get(method, 0) + 1
            self.usage = read_usage(response.headers.get("Sforce-Limit-Info")) or self.usage


def _with_token(token: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Put the token on a request. A mere header would lose against an entry in `~/.netrc`."""
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def refusal(exc: SalesforceAuthenticationFailed) -> str:
    """Why a login was refused, in a line; what answered may have been no Salesforce at all."""
    message = str(exc.auth_message or exc.code or "no reason given").strip()
    if message.startswith("<") or len(message) > _REFUSAL_LENGTH:
        return f"the answer, HTTP {exc.code}, is none of a Salesforce login server"
    return " ".join(message.split()).rstrip(".")


def read_usage(header: str | None) -> tuple[int, int] | None:
    """Calls used and allowed from a `Sforce-Limit-Info` header, `api-usage=18/5000`."""
    for part in (header or "").split(";"):
        name, _, value = part.strip().partition("=")
        used, _, allowed = value.partition("/")
        if name == "api-usage" and used.isdigit() and allowed.isdigit():
            return int(used), int(allowed)
    return None
