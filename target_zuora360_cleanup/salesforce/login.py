"""Logs in to the org that the settings name, and makes sure that it lets this user in."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from requests import RequestException

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.credentials import read_credentials
from target_zuora360_cleanup.salesforce.errors import (
    ApiError,
    LoginRefused,
    SessionExpired,
    Unreadable,
    unreachable,
)
from target_zuora360_cleanup.salesforce.rest import Rest
from target_zuora360_cleanup.salesforce.session import OrgSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.salesforce.credentials import Credentials
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)


def log_in(
    settings: Settings, waits: Waits, pause: Callable[[float], None], keep: Callable[[str], None]
) -> Rest:
    """Log in to the org that the settings name, and ask it who is logged in.

    A token that is given is known to be good only when the org has taken it.

    Args:
        settings: What the user set.
        waits: How long is waited, and for what.
        pause: Waits that many seconds; may raise to give a wait up.
        keep: Is given a new refresh token, where the old one may be good no more.

    Raises:
        InputError: The credentials are incomplete or refused, or Salesforce can't be reached.
    """
    credentials = read_credentials(settings, keep)
    session = OrgSession(credentials, waits, pause)
    with _told(credentials):
        rest = Rest(session, session.connect().instance_url, settings.api_version)
        if not credentials.renewable:
            _prove(rest)
    return rest


def _prove(rest: Rest) -> None:
    """See to it that the org takes the token; who may not ask who it is, is let in all the same."""
    try:
        rest.user()
    except SessionExpired as exc:
        raise InputError(f"Salesforce refused the session: {exc.message}.") from None
    except Unreadable:
        raise
    except ApiError as exc:
        logger.info("Salesforce does not say who is logged in (%s).", exc)


@contextmanager
def _told(credentials: Credentials) -> Iterator[None]:
    """Has what a login meets with told in a sentence.

    Raises:
        InputError: That.
    """
    try:
        yield
    except LoginRefused as exc:
        raise InputError(
            f"Salesforce refused the login ({credentials.name}): {exc}. "
            "Check the credentials and the domain."
        ) from None
    except Unreadable as exc:
        raise InputError(
            f"The login ({credentials.name}) brought no answer of Salesforce's: {exc.message}. "
            "Check domain, instance_url (https://example.my.salesforce.com or the like) and the "
            "network."
        ) from None
    except RequestException as exc:
        raise InputError(unreachable(exc)) from None
