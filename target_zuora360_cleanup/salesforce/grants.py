"""What a login brings, and how that is read from the answer of a login server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.errors import ApiError, LoginRefused, Unreadable, json_of
from target_zuora360_cleanup.salesforce.hosts import host_of, is_loopback, org_url
from target_zuora360_cleanup.salesforce.meaning import Answer, Kind, meaning
from target_zuora360_cleanup.salesforce.shapes import Shape, has

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import requests

    from target_zuora360_cleanup.salesforce.repeating import LoginSession

GRANT: Final = Shape("an access token", lambda body: has(body, access_token=str, instance_url=str))


@dataclass(frozen=True)
class Grant:
    """What a login brings: a token, and the URL of the org that takes it."""

    access_token: str
    instance_url: str

    @override
    def __repr__(self) -> str:
        """Without the token, which must never reach a log."""
        return f"Grant(instance_url={self.instance_url!r})"


def ask_for_token(
    session: LoginSession,
    url: str,
    form: Callable[[], dict[str, str]],
    headers: dict[str, str],
    rotated: Callable[[str], None] = lambda _: None,
) -> Grant:
    """Post a form to the token endpoint of a login server.

    Args:
        session: Sends it.
        url: The login server.
        form: Makes what is posted, anew for each time.
        headers: Headers that go with it.
        rotated: Is told of a new refresh token, whatever else the answer lacks.

    Raises:
        LoginRefused: It refuses.
        Unreadable: What came is no answer to that, each time it was asked.
        InputError: The token is for an address that it must not be sent to.
        requests.RequestException: No answer came, or the server sends the login elsewhere.
    """
    endpoint = f"{url}/services/oauth2/token"
    session.repeat_tokens(endpoint)

    def read() -> Grant:
        sent = form()
        response = session.post(endpoint, sent, headers=headers)
        body = _body(response)
        if has(body, refresh_token=str):
            rotated(body["refresh_token"])
        secrets = [value for name, value in sent.items() if name != "grant_type"]
        return _granted(response, body, url, secrets)

    return session.until_read(read)


def _body(response: requests.Response) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json_of(response.content)
    except ValueError:
        return None


def _granted(
    response: requests.Response,
    body: Any,  # noqa: ANN401 - any JSON
    url: str,
    secrets: Iterable[str],
) -> Grant:
    if has(body, error=str):
        error = ApiError.of(response)
        raise LoginRefused(error.code, error.message)
    answer = Answer(response.status_code, fits=GRANT.fits(body))
    if meaning(answer).kind is not Kind.DONE:
        raise Unreadable.of_answer(response, GRANT.name, secrets=secrets)
    return Grant(body["access_token"], checked_org(url, body["instance_url"]))


def checked_org(login: str, org: str) -> str:
    """The URL of the org that a login server names, to which its token may be sent.

    Raises:
        InputError: It would take the token out of https, or off this machine.
    """
    if login.startswith("https://") and not org.startswith("https://"):
        raise InputError(_misled(login, org, "is no https address"))
    if is_loopback(host_of(login)) and not is_loopback(host_of(org)):
        raise InputError(_misled(login, org, "is on another machine"))
    return org_url(org, "The login's answer")


def _misled(login: str, org: str, why: str) -> str:
    host = host_of(org) or "nothing"
    return (
        f"The login server {login} grants a token for '{host}', which {why}: it was not used. "
        "Check domain and instance_url."
    )
