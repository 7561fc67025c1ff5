"""One client of one org: everything that a run asks of Salesforce goes through it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.salesforce.attempts import Attempt, attempts
from target_zuora360_cleanup.salesforce.bulk import Bulk
from target_zuora360_cleanup.salesforce.login import log_in
from target_zuora360_cleanup.salesforce.sending import JobSender
from target_zuora360_cleanup.salesforce.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.salesforce.chosen import Chosen
    from target_zuora360_cleanup.salesforce.rest import Rest
    from target_zuora360_cleanup.salesforce.usage import Usage
    from target_zuora360_cleanup.settings.declared import Settings


@dataclass(frozen=True)
class Salesforce:
    """A Salesforce org that is logged in to. Every thread of a run uses the same one.

    Attributes:
        rest: What is asked and answered at once: queries, describes, deletions of a few rows.
        bulk: Jobs, one request at a time.
        jobs: Sends ingest jobs so that none is lost or doubled.
        pause: Waits that many seconds; may raise to give a wait up.
        waits: How long is waited, and for what.
    """

    rest: Rest
    bulk: Bulk
    jobs: JobSender
    pause: Callable[[float], None]
    waits: Waits

    @classmethod
    def of(
        cls,
        rest: Rest,
        pause: Callable[[float], None],
        waits: Waits,
        record: JobRecord | None = None,
    ) -> Salesforce:
        """The client of an org that is logged in to."""
        bulk = Bulk(rest.session, rest.data_url, pause=pause, waits=waits)
        jobs = JobSender(bulk, pause, rest.user_id, waits, record or JobRecord())
        return cls(rest, bulk, jobs, pause, waits)

    def only(self, chosen: Chosen) -> Salesforce:
        """The same org, for queries that name these billing accounts."""
        return replace(self, rest=self.rest.only(chosen))

    @property
    def url(self) -> str:
        """Scheme and host of the org."""
        return self.rest.url

    @property
    def calls(self) -> dict[str, int]:
        """Requests sent so far, logins left out, by HTTP method."""
        return self.rest.session.calls

    @property
    def usage(self) -> Usage | None:
        """Calls used and allowed in 24 hours, as the org last said; None before it has."""
        return self.rest.session.usage

    @property
    def now(self) -> datetime | None:
        """The org's own time at its last answer, to the second; None where it does not tell."""
        try:
            told = parsedate_to_datetime(self.rest.session.date or "")
        except (TypeError, ValueError):
            return None
        return told if told.tzinfo else told.replace(tzinfo=UTC)

    def attempts(self) -> Iterator[Attempt]:
        """Attempts at something that takes more than a request, with waits between them."""
        return attempts(self.waits.rounds, self.pause)


def connect(
    settings: Settings,
    pause: Callable[[float], None] = time.sleep,
    waits: Waits | None = None,
    record: JobRecord | None = None,
    keep: Callable[[str], None] = lambda _: None,
) -> Salesforce:
    """Log in to the org that the settings name.

    Args:
        settings: What the user set.
        pause: Waits that many seconds; may raise to give a wait up.
        waits: How long is waited, and for what.
        record: Takes in the jobs that are made, and knows those of earlier runs.
        keep: Is given a new refresh token, where the old one may be good no more.

    Raises:
        InputError: The credentials are incomplete or refused, or Salesforce can't be reached.
    """
    waits = waits or Waits()
    return Salesforce.of(log_in(settings, waits, pause, keep), pause, waits, record)
