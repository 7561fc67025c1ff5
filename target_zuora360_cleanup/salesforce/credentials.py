"""Ways of logging in: which of them the settings describe, and what each sends to Salesforce.

simple-salesforce speaks SOAP; the forms of OAuth are posted by `grants`. Choosing
between complete ways follows the order that the ecosystem's Salesforce targets have: an access
token that is there already, JWT, refresh token, password, client credentials.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from xml.parsers.expat import ExpatError

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.errors import LoginRefused, Unreadable
from target_zuora360_cleanup.salesforce.grants import Grant, ask_for_token, checked_org
from target_zuora360_cleanup.salesforce.hosts import audience_of, login_url, org_url

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.repeating import LoginSession
    from target_zuora360_cleanup.settings.declared import Settings

SOAP_LOGIN_VERSION: Final = "64.0"
"""The last API version whose SOAP API has `login()` (SOAP API end-of-life page)."""
_JWT_SECONDS: Final = 180


class Credentials(Protocol):
    """One way of logging in."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def renewable(self) -> bool:
        """Whether it can log in again when a session has ended."""

    def login(self, session: LoginSession) -> Grant:
        """Log in.

        Raises:
            LoginRefused: Salesforce refuses these credentials.
            Unreadable: What came is no answer of Salesforce's.
            InputError: They can't be used, or a token is for an address that it must not go to.
            requests.RequestException: Salesforce can't be reached.
        """


@dataclass(frozen=True, repr=False)
class AccessToken:
    """A token that somebody else got; it can't be renewed from here."""

    token: str
    url: str
    name: str = "access_token"
    renewable: bool = False

    def login(self, session: LoginSession) -> Grant:  # noqa: ARG002 - nothing to ask for
        """The token as it is."""
        return Grant(self.token, self.url)


@dataclass(repr=False)
class RefreshToken:
    """The refresh token flow. Where Salesforce rotates tokens, each login brings the next one.

    One thread logs in at a time (see `OrgSession`).

    Attributes:
        token: The latest.
        keep: Is given each new one, since the old one may be good no more.
    """

    url: str
    client_id: str
    client_secret: str
    token: str
    keep: Callable[[str], None]
    name: str = "refresh token"
    renewable: bool = True

    def login(self, session: LoginSession) -> Grant:
        """Post the token."""
        return ask_for_token(session, self.url, self._form, {}, self._rotated)

    def _form(self) -> dict[str, str]:
        return {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.token,
        }

    def _rotated(self, token: str) -> None:
        if token != self.token:
            self.token = token
            self.keep(token)


@dataclass(frozen=True, repr=False)
class ClientCredentials:
    """The client credentials flow, which a My Domain offers."""

    url: str
    client_id: str
    client_secret: str
    name: str = "client credentials"
    renewable: bool = True

    def login(self, session: LoginSession) -> Grant:
        """Post the credentials."""
        basic = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        form, headers = {"grant_type": "client_credentials"}, {"Authorization": f"Basic {basic}"}
        return ask_for_token(session, self.url, lambda: form, headers)


@dataclass(frozen=True, repr=False)
class Jwt:
    """The JWT bearer flow: each login signs a new assertion that is valid for three minutes."""

    url: str
    audience: str
    client_id: str
    username: str
    private_key: str
    name: str = "JWT"
    renewable: bool = True

    def login(self, session: LoginSession) -> Grant:
        """Sign an assertion and post it."""
        return ask_for_token(session, self.url, self._form, {})

    def _form(self) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": self._assertion(),
        }

    def _assertion(self) -> str:
        import jwt

        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": self.audience,
            "exp": int(time.time()) + _JWT_SECONDS,
        }
        try:
            return jwt.encode(claims, self.private_key, algorithm="RS256")
        except (ValueError, TypeError, AttributeError, jwt.PyJWTError):
            # A public key or one of another kind; the cause may quote the key.
            raise InputError(
                "jwt_private_key can't sign: give an RSA private key in PEM form, from "
                "'-----BEGIN' to 'KEY-----' with its line breaks."
            ) from None


@dataclass(frozen=True, repr=False)
class Password:
    """SOAP `login()`, which newer API versions no longer have; data calls may use a newer one."""

    url: str
    username: str
    password: str
    security_token: str
    name: str = "password"
    renewable: bool = True

    def login(self, session: LoginSession) -> Grant:
        """Call SOAP `login()`."""
        return session.until_read(lambda: self._login(session))

    def _login(self, session: LoginSession) -> Grant:
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed
        from simple_salesforce.login import SalesforceLogin

        try:
            token, _ = SalesforceLogin(
                username=self.username,
                password=self.password,
                security_token=self.security_token,
                sf_version=SOAP_LOGIN_VERSION,
                session=session,
                scratch_url=self.url,
            )
        except ExpatError:
            raise self._unreadable(session) from None
        except SalesforceAuthenticationFailed as exc:
            if b"exceptionCode" not in session.last.content:
                raise self._unreadable(session) from None
            raise LoginRefused(str(exc.code or ""), str(exc.auth_message or "")) from None
        return Grant(token, self._org(session))

    def _org(self, session: LoginSession) -> str:
        """The org, by the answer itself: simple-salesforce leaves the scheme out."""
        from simple_salesforce.util import getUniqueElementValueFromXmlString

        server = getUniqueElementValueFromXmlString(session.last.content, "serverUrl") or ""
        return checked_org(self.url, unescape(server).replace("-api.", ".", 1))

    def _unreadable(self, session: LoginSession) -> Unreadable:
        secrets = (self.password, self.security_token)
        return Unreadable.of_answer(session.last, "a session", secrets=secrets)


def read_credentials(
    settings: Settings, keep: Callable[[str], None] = lambda _: None
) -> Credentials:
    """The way of logging in that `settings` describe completely.

    Args:
        settings: What the user set.
        keep: Is given a new refresh token, where Salesforce rotates them.

    Raises:
        InputError: None is complete, settings contradict each other, or a key file can't be read.
    """
    url = login_url(settings.domain, settings.instance_url, is_sandbox=settings.is_sandbox)
    refreshed = partial(_refresh_token, keep)
    for read in (_access_token, _jwt, refreshed, _password, _client_credentials):
        if found := read(settings, url):
            return found
    raise InputError(f"Can't log in to Salesforce: {_what_is_missing(settings)}")


def _access_token(settings: Settings, _: str) -> Credentials | None:
    if settings.access_token and settings.instance_url:
        return AccessToken(settings.access_token, org_url(settings.instance_url))
    return None


def _jwt(settings: Settings, url: str) -> Credentials | None:
    key = settings.jwt_private_key or _key_file(settings.jwt_private_key_path)
    if not (settings.jwt_client_id and settings.jwt_username and key):
        return None
    audience = audience_of(url, is_sandbox=settings.is_sandbox)
    return Jwt(url, audience, settings.jwt_client_id, settings.jwt_username, key)


def _key_file(path: str | None) -> str | None:
    if not path:
        return None
    try:
        return Path(path).expanduser().read_text(encoding="ascii")
    except (OSError, RuntimeError, UnicodeDecodeError) as exc:
        # (RuntimeError: `~user` of a user that doesn't exist)
        why = "it is no PEM file" if isinstance(exc, UnicodeDecodeError) else exc
        why = getattr(exc, "strerror", None) or why
        raise InputError(f"jwt_private_key_path: can't read '{path}': {why}.") from None


def _refresh_token(keep: Callable[[str], None], settings: Settings, url: str) -> Credentials | None:
    if not (settings.client_id and settings.client_secret and settings.refresh_token):
        return None
    return RefreshToken(
        url, settings.client_id, settings.client_secret, settings.refresh_token, keep
    )


def _password(settings: Settings, url: str) -> Credentials | None:
    if not (settings.username and settings.password):
        return None
    # An org that trusts the network address wants no security token.
    return Password(url, settings.username, settings.password, settings.security_token or "")


def _client_credentials(settings: Settings, url: str) -> Credentials | None:
    at_home = settings.instance_url or settings.domain not in (None, "login", "test")
    if not (settings.client_id and settings.client_secret and at_home):
        return None
    return ClientCredentials(url, settings.client_id, settings.client_secret)


def _what_is_missing(settings: Settings) -> str:
    from target_zuora360_cleanup.settings.declared import LOGINS

    def given(way: tuple[str, ...]) -> int:
        return sum(1 for name in way if getattr(settings, name))

    nearest = max(LOGINS, key=given)
    missing = [name for name in nearest if not getattr(settings, name)]
    if not given(nearest):
        ways = "; ".join(" + ".join(way) for way in LOGINS)
        return f"no credentials are set. Set one of: {ways}."
    have = [name for name in nearest if getattr(settings, name)]
    return f"{', '.join(have)} set, but {', '.join(missing)} missing."
