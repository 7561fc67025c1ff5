"""What is sent a second time by itself, and how long a request may take.

Sessions mount these adapters: one that logs in, and one that is logged in.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ReadTimeoutError
from urllib3.util.retry import Retry

from target_zuora360_cleanup.salesforce.errors import Redirected, Unreadable
from target_zuora360_cleanup.salesforce.meaning import BUSY, REPEATABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

    from target_zuora360_cleanup.salesforce.waits import Waits

T = TypeVar("T")

CONNECT_SECONDS: Final = 10
FIRST_CONNECT_SECONDS: Final = 4
"""Of a login: long enough for a lost packet to be sent twice more (RFC 6298), and told soon."""
READ_SECONDS: Final = 180
"""Above the 120 s after which Salesforce gives a query up (`QUERY_TIMEOUT`)."""
RETRIES: Final = 6
"""Over half a minute, as the waits double."""
LOGIN_RETRIES: Final = 2
"""A wrong domain is to be told at once."""
_BACKOFF_MOST: Final = 30
_POOL: Final = 32


class _Retry(Retry):
    """Waits as long as the server asks for, within bounds.

    Attributes:
        most: The bound, in seconds.
        final: What is not repeated.
    """

    most: float = 0.0
    final: tuple[type[Exception], ...] = ()

    @override
    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, self.most)

    @override
    def new(self, **kw: object) -> _Retry:
        made = super().new(**kw)
        made.most = self.most
        made.final = self.final
        return made

    @override
    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if type(error) in self.final:
            if isinstance(error, ReadTimeoutError):
                raise error
            # (requests knows this one as the reason of having given up)
            raise MaxRetryError(cast("ConnectionPool", _pool), url or "", error)
        return super().increment(method, url, response, error, _pool, _stacktrace)


def retry_policy(waits: Waits, methods: frozenset[str] | None = REPEATABLE) -> _Retry:
    """What is repeated: requests that never arrived, and those that do the same a second time.

    Whatever else may have been carried out (POST, PATCH, PUT of jobs) is not repeated here.

    Args:
        waits: How long is waited before.
        methods: Which do the same a second time; None for all.
    """
    policy = _Retry(
        total=RETRIES,
        # (a certificate that is not trusted will not be the next time)
        other=0,
        backoff_factor=waits.backoff,
        backoff_jitter=waits.backoff,
        backoff_max=_BACKOFF_MOST,
        status_forcelist=BUSY,
        allowed_methods=methods,
        raise_on_status=False,
    )
    policy.most = waits.retry_after
    return policy


def together_policy(waits: Waits) -> Retry:
    """What is repeated of many questions in one request: what got no answer, but in no time.

    An answer is judged by who asks: whether the server is busy or the questions are too many, its
    code tells.
    """
    policy = retry_policy(waits, methods=None).new(status_forcelist=frozenset[int]())
    policy.final = (ReadTimeoutError,)
    return policy


def first_contact_policy(waits: Waits) -> Retry:
    """What is repeated where it is to be told soon that nobody is there: little."""
    policy = retry_policy(waits).new(connect=LOGIN_RETRIES, read=LOGIN_RETRIES)
    policy.final = (ConnectTimeoutError,)
    return policy


def login_policy(waits: Waits, statuses: frozenset[int]) -> Retry:
    """What is repeated of a login: all of it while the server is busy.

    Whoever asks for a token sees answers that have one or say why not, and no other.
    """
    policy = retry_policy(waits, methods=None).new(
        connect=LOGIN_RETRIES,
        read=LOGIN_RETRIES,
        status_forcelist=statuses,
        raise_on_status=True,
    )
    policy.final = (ConnectTimeoutError,)
    return policy


class Adapter(HTTPAdapter):
    """Gives every request a time limit.

    Args:
        retry: What is repeated.
        is_first: Whether it is to be told soon that nobody is there.
    """

    def __init__(self, retry: Retry, *, is_first: bool = False) -> None:
        self._connect = FIRST_CONNECT_SECONDS if is_first else CONNECT_SECONDS
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
        limit = timeout or (self._connect, READ_SECONDS)
        return super().send(request, stream, limit, verify, cert, proxies)


class LoginSession(requests.Session):
    """A session with time limits and retries, but no token: for logging in.

    A redirect is not followed: what is sent here are secrets, and they are for one server.

    Attributes:
        last: The last answer.
    """

    last: requests.Response

    def __init__(self, waits: Waits, pause: Callable[[float], None] = time.sleep) -> None:
        super().__init__()
        self._pause = pause
        self._waits = waits
        # A SOAP login answers wrong credentials with 500.
        adapter = Adapter(login_policy(waits, BUSY - {500}), is_first=True)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    @override
    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request.

        Raises:
            Redirected: The server sends it on to another address.
            requests.RequestException: No answer came.
        """
        response = super().request(method, url, *args, **{**kwargs, "allow_redirects": False})
        self.last = response
        if response.is_redirect or response.is_permanent_redirect:
            raise Redirected(str(url), response.headers["Location"])
        return response

    def repeat_tokens(self, url: str) -> None:
        """Repeat what is posted to a token endpoint whenever the server is in trouble."""
        self.mount(url, Adapter(login_policy(self._waits, BUSY), is_first=True))

    def until_read(self, read: Callable[[], T]) -> T:
        """What is read from an answer, asked for a few times more while it can't be.

        Args:
            read: Asks and reads; raises `Unreadable` where it can't.
        """
        for wait in self._waits.send[:LOGIN_RETRIES]:
            try:
                return read()
            except Unreadable:
                self._pause(wait)
        return read()
