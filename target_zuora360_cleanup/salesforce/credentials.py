"""Ways of logging in: which of them the settings describe, and what each sends to Salesforce.

simple-salesforce does the talking (`token_login` for OAuth, `SalesforceLogin` for SOAP). Choosing
between complete ways follows the order that the ecosystem's Salesforce targets have: an access
token that is there already, JWT, refresh token, password, client credentials.
"""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from xml.parsers.expat import ExpatError

from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.hosts import login_url, org_url, scheme_of

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.repeating import LoginSession
    from target_zuora360_cleanup.settings.declared import Settings

SOAP_LOGIN_VERSION: Final = "64.0"
"""The last API version whose SOAP API has `login()` (SOAP API end-of-life page)."""
_JWT_SECONDS: Final = 180


@dataclass(frozen=True)
class Grant:
    """What a login brings: a token, and the URL of the org that takes it."""

    access_token: str
    instance_url: str

    @override
    def __repr__(self) -> str:
        """Without the token, which must never reach a log."""
        return f"Grant(instance_url={self.instance_url!r})"


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
            SalesforceAuthenticationFailed: Salesforce refuses these credentials.
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


@dataclass(frozen=True, repr=False)
class OAuth:
    """One of the OAuth flows that post a form to the token endpoint."""

    url: str
    client_id: str
    form: tuple[tuple[str, str], ...]
    basic_auth: str | None = None
    name: str = "OAuth"
    renewable: bool = True

    def login(self, session: LoginSession) -> Grant:
        """Post the form."""
        return _token(session, self.url, self.client_id, dict(self.form), self.basic_auth)


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
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": self._assertion(),
        }
        return _token(session, self.url, self.client_id, form, None)

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
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed
        from simple_salesforce.login import SalesforceLogin

        try:
            token, host = SalesforceLogin(
                username=self.username,
                password=self.password,
                security_token=self.security_token,
                sf_version=SOAP_LOGIN_VERSION,
                session=session,
                scratch_url=self.url,
            )
        except ExpatError:
            raise SalesforceAuthenticationFailed(200, "<no XML>") from None
        return Grant(token, f"{scheme_of(self.url)}://{host}")


def _token(
    session: LoginSession, url: str, client_id: str, form: dict[str, str], basic: str | None
) -> Grant:
    from simple_salesforce.login import token_login

    headers = {"Authorization": f"Basic {basic}"} if basic else None
    endpoint = f"{url}/services/oauth2/token"
    session.repeat_tokens(endpoint)
    token, host = token_login(endpoint, form, "login", client_id, headers, None, session)
    return Grant(token, f"{scheme_of(url)}://{host}")


def read_credentials(settings: Settings) -> Credentials:
    """The way of logging in that `settings` describe completely.

    Raises:
        InputError: None is complete, settings contradict each other, or a key file can't be read.
    """
    url = login_url(settings.domain, settings.instance_url, is_sandbox=settings.is_sandbox)
    for read in (_access_token, _jwt, _refresh_token, _password, _client_credentials):
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
    # The audience is the login server, also when the request goes to a My Domain (OAuth 2.0 JWT
    # bearer flow, "Create a JWT").
    sandbox = settings.is_sandbox or url == "https://test.salesforce.com" or ".sandbox." in url
    audience = f"https://{'test' if sandbox else 'login'}.salesforce.com"
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


def _refresh_token(settings: Settings, url: str) -> Credentials | None:
    if not (settings.client_id and settings.client_secret and settings.refresh_token):
        return None
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "refresh_token": settings.refresh_token,
    }
    return OAuth(url, settings.client_id, tuple(form.items()), name="refresh token")


def _password(settings: Settings, url: str) -> Credentials | None:
    if not (settings.username and settings.password):
        return None
    # An org that trusts the network address wants no security token.
    return Password(url, settings.username, settings.password, settings.security_token or "")


def _client_credentials(settings: Settings, url: str) -> Credentials | None:
    at_home = settings.instance_url or settings.domain not in (None, "login", "test")
    if not (settings.client_id and settings.client_secret and at_home):
        return None
    basic = b64encode(f"{settings.client_id}:{settings.client_secret}".encode()).decode()
    form = (("grant_type", "client_credentials"),)
    return OAuth(url, settings.client_id, form, basic, name="client credentials")


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
