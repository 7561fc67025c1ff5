"""What is repeated below a session, and what is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from target_zuora360_cleanup.salesforce.meaning import BUSY
from target_zuora360_cleanup.salesforce.repeating import (
    first_contact_policy,
    login_policy,
    retry_policy,
    together_policy,
)
from target_zuora360_cleanup.salesforce.waits import Waits

if TYPE_CHECKING:
    from urllib3.util.retry import Retry

CONNECT_TIMEOUT = ConnectTimeoutError("no answer")
READ_TIMEOUT = ReadTimeoutError(None, "/", "no answer")  # type: ignore[arg-type]
REFUSED = NewConnectionError(None, "refused")  # type: ignore[arg-type]
CUT = ProtocolError("cut")
UNTRUSTED = SSLError("certificate verify failed")

POLICIES = {
    "data": retry_policy(Waits()),
    "together": together_policy(Waits()),
    "first contact": first_contact_policy(Waits()),
    "login": login_policy(Waits(), BUSY),
}


def times(policy: Retry, error: Exception) -> int:
    """How often a request is repeated that meets with this each time."""
    for number in range(20):
        try:
            policy = policy.increment("GET", "/", error=error)
        except HTTPError:
            return number
    raise AssertionError


@pytest.mark.parametrize(
    ("name", "error", "most"),
    [
        ("data", CONNECT_TIMEOUT, 6),
        ("data", READ_TIMEOUT, 6),
        ("data", UNTRUSTED, 0),
        ("together", READ_TIMEOUT, 0),
        ("together", CUT, 6),
        ("first contact", CONNECT_TIMEOUT, 0),
        ("first contact", REFUSED, 2),
        ("first contact", UNTRUSTED, 0),
        ("login", CONNECT_TIMEOUT, 0),
        ("login", REFUSED, 2),
        ("login", UNTRUSTED, 0),
    ],
)
def test_how_often_it_is_repeated(name: str, error: Exception, most: int) -> None:
    assert times(POLICIES[name], error) == most


def test_what_requests_knows_is_raised() -> None:
    with pytest.raises(ReadTimeoutError):
        POLICIES["together"].increment("GET", "/", error=READ_TIMEOUT)
    with pytest.raises(MaxRetryError) as caught:
        POLICIES["login"].increment("GET", "/", error=CONNECT_TIMEOUT)
    assert caught.value.reason is CONNECT_TIMEOUT


@pytest.mark.parametrize("name", ["login", "first contact"])
def test_a_first_contact_that_fails_is_told_within_five_seconds(name: str) -> None:
    policy = POLICIES[name]
    policy = policy.increment("GET", "/", error=REFUSED).increment("GET", "/", error=REFUSED)
    assert policy.get_backoff_time() < 5
