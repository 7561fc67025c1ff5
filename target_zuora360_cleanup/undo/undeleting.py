"""Undeletes what is in the recycle bin, object type after object type.

Each is looked at, then what is in the bin and in nobody's way is sent, then it is looked at again:
the org decides what is back, not what a call has said. So a call that was lost is no harm.
"""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.rows.errors import RowError, refused_rows
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.rows.rounds import rounds
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired, unreachable
from target_zuora360_cleanup.salesforce.meaning import Extent
from target_zuora360_cleanup.salesforce.sending import DELETIONS
from target_zuora360_cleanup.salesforce.undelete import MOST, undelete
from target_zuora360_cleanup.undo.looking import Looking

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.rows.rounds import Round
    from target_zuora360_cleanup.rows.stop import Stop
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.undo.order import Returning
    from target_zuora360_cleanup.undo.store import RowStore

logger = logging.getLogger(__name__)

STILL_DELETED: Final = "STILL_DELETED"
"""Our own code of a row that stays in the bin although nobody has refused it."""
_WITH_PARENT: Final = "rows of this object come back with their parent alone, which is not back"


@dataclass
class Undeleting:
    """Brings the rows in a store back, in one org.

    The thread that calls it reads, judges and writes the store; each call is sent in a thread of
    its own.

    Attributes:
        objects: The object types, parents first; their places are the numbers in the store.
        stop: Once set, no call is begun any more.
    """

    salesforce: Salesforce
    settings: Settings
    store: RowStore
    objects: Sequence[Returning]
    progress: ProgressListener
    stop: Stop
    _broken: str = ""
    _begun: set[int] = field(default_factory=set)
    _looking: Looking = field(init=False)

    def __post_init__(self) -> None:
        self._looking = Looking(self.salesforce, self.store, self.objects, self._go_on)

    def wait_for_leftovers(self) -> None:
        """Wait for deletions that still run in Salesforce."""
        names = {each.name for each in self.objects}
        self.salesforce.jobs.wait_for_leftovers(names.__contains__, DELETIONS)

    def look(self) -> None:
        """Find out where each row is, and change nothing.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped, QuotaReached: The run may not go on.
        """
        for number in range(len(self.objects)):
            self._looking.at(number)

    def restore(self) -> None:
        """Bring each row back that is in the bin.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped, QuotaReached: The run may not go on.
        """
        for number in range(len(self.objects)):
            self._looking.at(number)
            if self.store.in_bin(number):
                self._restore(number)

    def look_again(self) -> None:
        """See what became of rows that were asked for, once nothing more is sent.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped: The run is to end, and Salesforce does not tell at once.
        """
        looking = replace(self._looking, go_on=lambda: None)
        for number in sorted(self._begun):
            looking.at(number)

    def _restore(self, number: int) -> None:
        one = self.objects[number]
        if not one.is_undeletable:
            self.store.settle(number, "NOT_UNDELETABLE", _WITH_PARENT, final=True)
            return
        self._begun.add(number)
        for each in rounds(self.salesforce.attempts(), MOST):
            self._send(number, each)
            self._looking.at(number)
            why = self._broken or "Salesforce said nothing of it, and it is still deleted"
            self.store.settle(number, STILL_DELETED, why, final=each.is_last)
            if not self.store.in_bin(number):
                break
            logger.info("%s: some records are left and tried again.", one.name)
        self._begun.discard(number)

    def _send(self, number: int, each: Round) -> None:
        """Send what is in the bin, in calls; what they answer is noted row by row."""
        name, most = self.objects[number].name, self.settings.max_parallel_jobs
        self.progress.begin(name, self.store.in_bin(number))
        self.store.begin(number)
        self._broken, after, running = "", "", set[Future[list[RowError]]]()
        with Pool(most if each.is_first else 1, "calls") as pool:
            while ids := self.store.to_send(number, after, min(MOST, each.job_size)):
                self._go_on()
                after = ids[-1]
                running.add(pool.submit(self._call, name, ids))
                if len(running) >= most:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    self._take(number, ended)
            self._take(number, running)

    def _call(self, name: str, ids: Sequence[str]) -> list[RowError]:
        errors = list(refused_rows(ids, undelete(self.salesforce.rest, ids)))
        self.progress.update(name, ids[0], len(ids) - len(errors))
        return errors

    def _take(self, number: int, ended: Iterable[Future[list[RowError]]]) -> None:
        for future in ended:
            try:
                self.store.note(number, future.result())
            except SessionExpired:
                raise
            except ApiError as exc:
                if exc.meaning.extent is Extent.RUN:
                    raise
                self._broken = str(exc)
            except RequestException as exc:
                self._broken = unreachable(exc)

    def _go_on(self) -> None:
        go_on(self.stop, self.salesforce.usage, self.settings.quota_percent_total)
