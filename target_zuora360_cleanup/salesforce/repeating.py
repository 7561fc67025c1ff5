"""What is sent a second time by itself, how long a request may take, and over which scheme it goes.

Sessions mount these adapters: one that logs in, and one that is logged in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.util.retry import Retry

from target_zuora360_cleanup.salesforce.errors import PASSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3.response import BaseHTTPResponse

    from target_zuora360_cleanup.salesforce.waits import Waits

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 180
"""Above the 120 s after which Salesforce gives a query up (`QUERY_TIMEOUT`)."""
RETRIES: Final = 6
"""Over half a minute, as the waits double."""
LOGIN_RETRIES: Final = 2
"""A wrong domain is to be told at once."""
_BACKOFF_MOST: Final = 30
_POOL: Final = 32
_REPEATABLE: Final = ("GET", "HEAD", "DELETE")


class _Retry(Retry):
    """Waits as long as the server asks for, within bounds."""

    most: float = 0.0

    @override
    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, self.most)

    @override
    def new(self, **kw: object) -> _Retry:
        made = super().new(**kw)
        made.most = self.most
        return made


def retry_policy(waits: Waits, methods: tuple[str, ...] | None = _REPEATABLE) -> Retry:
    """What is repeated: requests that never arrived, and those that do the same a second time.

    Whatever else may have been carried out (POST, PATCH, PUT of jobs) is not repeated here.

    Args:
        waits: How long is waited before.
        methods: Which do the same a second time; None for all.
    """
    policy = _Retry(
        total=RETRIES,
        backoff_factor=waits.backoff,
        backoff_jitter=waits.backoff,
        backoff_max=_BACKOFF_MOST,
        status_forcelist=PASSING,
        allowed_methods=methods,
        raise_on_status=False,
    )
    policy.most = waits.retry_after
    return policy


def login_policy(waits: Waits, statuses: frozenset[int]) -> Retry:
    """What is repeated of a login: all of it while the server is busy.

    Whoever asks for a token sees answers that have one or say why not, and no other.
    """
    busy = retry_policy(waits, methods=None)
    return busy.new(
        connect=LOGIN_RETRIES,
        read=LOGIN_RETRIES,
        status_forcelist=statuses,
        raise_on_status=True,
    )


class Adapter(HTTPAdapter):
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


class LoginSession(requests.Session):
    """A session with time limits and retries, but no token: for logging in."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self._waits = waits
        # A SOAP login answers wrong credentials with 500.
        adapter = Adapter(login_policy(waits, PASSING - {500}))
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def repeat_tokens(self, url: str) -> None:
        """Repeat what is posted to a token endpoint whenever the server is in trouble."""
        self.mount(url, Adapter(login_policy(self._waits, PASSING)))
