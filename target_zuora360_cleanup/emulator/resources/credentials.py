"""The credentials that a strict org takes: who may log in, and how an assertion must be signed.

The errors are OAuth's, in Salesforce's words ("OAuth 2.0 Authorization Errors", "OAuth 2.0 JWT
Bearer Flow for Server-to-Server Integration").
"""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

__all__ = ["JWT_GRANT", "Credentials", "CredentialsError", "NotLetIn"]

JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST: Final = 180 + 60
"""Seconds that an assertion may be good for, and a minute between two clocks."""


class CredentialsError(ValueError):
    """The file holds no credentials; the message says why."""


class NotLetIn(Exception):
    """A login is refused.

    Attributes:
        error: OAuth's code.
        description: What goes with it.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(frozen=True)
class Credentials:
    """What is accepted; a blank accepts nothing.

    Attributes:
        client_id: The connected app's consumer key.
        client_secret: Its secret.
        refresh_token: One that the app has got before.
        username: The user's.
        password: The user's.
        security_token: What follows the password.
        public_key: The app's certificate or public key, in PEM form.
    """

    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    username: str = ""
    password: str = ""
    security_token: str = ""
    public_key: str = ""

    @classmethod
    def load(cls, path: Path) -> Credentials:
        """Read a JSON file with these keys.

        Raises:
            CredentialsError: It is no such file.
            OSError: It can't be read.
        """
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CredentialsError(f"{path} is no JSON: {error}") from error
        known = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise CredentialsError(f"{path} is no JSON object of texts")
        if unknown := sorted(given.keys() - known):
            names = ", ".join(sorted(known))
            raise CredentialsError(f"{path}: {unknown[0]} is none of {names}")
        return cls(**given)

    def check(
        self, form: Mapping[str, str], refresh_tokens: Collection[str], *, sandbox: bool
    ) -> None:
        """See that a login by OAuth may come in.

        Args:
            form: The token request's fields, which are all there.
            refresh_tokens: Those given since, beside the file's.
            sandbox: Whether the org is one: assertions are for its login server.

        Raises:
            NotLetIn: It may not.
        """
        checks: dict[str, Callable[[], None]] = {
            "refresh_token": lambda: self._refresh(form, refresh_tokens),
            "client_credentials": lambda: self._client(form, "client_secret"),
            "password": lambda: self._password(form),
            JWT_GRANT: lambda: self._assertion(form["assertion"], sandbox=sandbox),
        }
        checks[form["grant_type"]]()

    def knows_user(self, username: str, password: str) -> bool:
        """Whether these are the user's name and the password with the security token."""
        wanted = self.password + self.security_token
        return _same(self.username, username) and _same(wanted, password)

    def _client(self, form: Mapping[str, str], *needed: str) -> None:
        if not _same(self.client_id, form["client_id"]):
            raise NotLetIn("invalid_client_id", "client identifier invalid")
        given = form.get("client_secret", "")
        if (given or needed) and not _same(self.client_secret, given):
            raise NotLetIn("invalid_client", "invalid client credentials")

    def _refresh(self, form: Mapping[str, str], more: Collection[str]) -> None:
        self._client(form)
        if form["refresh_token"] not in {*filter(None, [self.refresh_token]), *more}:
            raise NotLetIn("invalid_grant", "expired access/refresh token")

    def _password(self, form: Mapping[str, str]) -> None:
        self._client(form, "client_secret")
        if not self.knows_user(form["username"], form["password"]):
            raise NotLetIn("invalid_grant", "authentication failure")

    def _assertion(self, assertion: str, *, sandbox: bool) -> None:
        import jwt

        audience = f"https://{'test' if sandbox else 'login'}.salesforce.com"
        try:
            claims = jwt.decode(assertion, self.public_key, algorithms=["RS256"], audience=audience)
        except jwt.InvalidAudienceError:
            raise NotLetIn("invalid_grant", "audience is invalid") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise NotLetIn("invalid_grant", "invalid assertion") from None
        if not _same(self.client_id, claims["iss"]):
            raise NotLetIn("invalid_client_id", "client identifier invalid")
        if not _same(self.username, claims["sub"]):
            raise NotLetIn("invalid_grant", "user hasn't approved this consumer")
        if claims["exp"] > time.time() + _LONGEST:
            raise NotLetIn("invalid_grant", "invalid assertion")


def _same(wanted: str, given: str) -> bool:
    """Whether a secret is the wanted one; nothing is wanted where there is none."""
    return bool(wanted) and hmac.compare_digest(wanted.encode(), given.encode())
