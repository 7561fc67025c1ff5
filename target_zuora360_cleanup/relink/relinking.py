"""Sets links again that a cleanup has left blank, by the parents' external ids.

An update has no condition, so each object is read first, then only the blank lookups are written,
then what was written is read again: the field decides what is restored, not what a job said.
"""

from __future__ import annotations

import csv
import io
import logging
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.relink.joining import Joining
from target_zuora360_cleanup.relink.looking import Looking
from target_zuora360_cleanup.relink.plan import by_object
from target_zuora360_cleanup.rows.errors import failed_rows
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.rows.rounds import rounds
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.csv_file import MOST_BYTES, CsvFile
from target_zuora360_cleanup.salesforce.errors import (
    ApiError,
    JobFailed,
    SessionExpired,
    unreachable,
)
from target_zuora360_cleanup.salesforce.sending import DELETIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.rows.rounds import Round
    from target_zuora360_cleanup.rows.stop import Stop
    from target_zuora360_cleanup.salesforce.bulk import Job
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

_BLOCK_ROWS: Final = 5_000
_ACCEPTED: Final = "Salesforce accepted the update, but the field is blank again"


@dataclass
class Relinking:
    """Sets the links in a store again, in one org.

    The thread that calls it reads, judges and writes the store; each update job is sent and
    followed in a thread of its own, which hands back the job's id.

    Attributes:
        restorations: How links are set again; their places are the numbers in the store.
        stop: Once set, no job is begun any more.
    """

    salesforce: Salesforce
    settings: Settings
    store: LinkStore
    restorations: Sequence[Restoration]
    progress: ProgressListener
    stop: Stop
    _broken: dict[int, str] = field(default_factory=dict)
    _looking: Looking = field(init=False)
    _joining: Joining = field(init=False)

    def __post_init__(self) -> None:
        self._looking = Looking(self.salesforce, self.store, self.restorations, self._go_on)
        self._joining = Joining(
            self.salesforce, self.store, self.restorations, self._go_on, self.settings.job_size
        )

    def look(self) -> None:
        """Find out what became of each link, and change nothing.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped, QuotaReached: The run may not go on.
        """
        self._looking.at_parents()
        for numbers in by_object(self.restorations).values():
            self._looking.at_records(numbers)
        self._joining.look()

    def restore(self) -> None:
        """Set each link again whose lookup is blank, then make rows again that went with records.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped, QuotaReached: The run may not go on.
        """
        self._looking.at_parents()
        for name, numbers in by_object(self.restorations).items():
            self._restore(name, numbers)
        self._joining.restore()

    def look_again(self) -> None:
        """See what became of the links that were to be set, once nothing more is sent.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped: The run is to end, and Salesforce does not tell at once.
        """
        looking = replace(self._looking, go_on=lambda: None)
        for numbers in by_object(self.restorations).values():
            if any(self.store.tried(number) for number in numbers):
                looking.at_records(numbers)
        self._joining.look_again()

    def wait_for_leftovers(self) -> None:
        """Wait for updates of an earlier relink, and deletions, that still run in Salesforce.

        Jobs that are still open do nothing, and may be another program's of the same user.
        """
        names = {
            name
            for each in self.restorations
            for name in (each.relationship.child, each.relationship.parent)
            if name
        }
        self.salesforce.jobs.wait_for_leftovers(names.__contains__, DELETIONS | {"update"})

    def _restore(self, name: str, numbers: Sequence[int]) -> None:
        self._looking.at_records(numbers)
        todo = self._blank(numbers)
        if not todo:
            return
        for each in rounds(self.salesforce.attempts(), self.settings.job_size):
            for number in todo:
                self._set(number, each)
            self._looking.at_records(numbers)
            for number in todo:
                self._judge(number, each, has_others=each.is_first and len(todo) > 1)
            todo = self._blank(numbers)
            if not todo:
                return
            logger.info("%s: some links are left and tried again.", name)

    def _blank(self, numbers: Sequence[int]) -> list[int]:
        """Those that have links to be set."""
        return [number for number in numbers if self.store.blank(number)]

    def _judge(self, number: int, each: Round, *, has_others: bool) -> None:
        why = self._broken.pop(number, "") or _ACCEPTED
        self.store.judge(number, why, final=each.is_last, has_others=has_others)

    def _set(self, number: int, each: Round) -> None:
        """Send what is blank of one lookup, in jobs; what they answer is noted row by row."""
        restoration, most = (
            self.restorations[number],
            self.settings.max_parallel_jobs if each.is_first else 1,
        )
        self.progress.begin(restoration.relationship.name, self.store.blank(number))
        self.store.begin(number)
        running: set[Future[str]] = set()
        with Pool(most, "jobs") as pool:
            for rows in self._files(number, each.job_size):
                running.add(pool.submit(self._job, restoration, rows))
                if len(running) >= most:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    self._take(number, ended)
            self._take(number, running)

    def _files(self, number: int, job_size: int) -> Iterator[CsvFile]:
        """What is blank as CSV, a job's worth at a time."""
        restoration, after = self.restorations[number], ("", "")
        header = csv_line(("Id", restoration.column))
        family = None if restoration.path else self._looking.family(number)
        while True:
            self._go_on()
            last = [after]
            links = self.store.to_set(number, after, job_size, family)
            file = CsvFile(header, _lines(links, last, MOST_BYTES - len(header) - 1))
            if not file.rows:
                file.close()
                return
            after = last[0]
            yield file

    def _job(self, restoration: Restoration, rows: CsvFile) -> str:
        """Send one job and follow it; its id."""
        with closing(rows):
            job_id = self.salesforce.jobs.send(
                Ingest(restoration.relationship.child, "update"), rows
            )

        def on_poll(job: Job) -> None:
            self.progress.update(restoration.relationship.name, job_id, job.processed)

        job = self.salesforce.bulk.wait("ingest", job_id, rows.rows, on_poll)
        on_poll(job)
        return job_id

    def _take(self, number: int, ended: Iterable[Future[str]]) -> None:
        for future in ended:
            self._take_one(number, future)

    def _take_one(self, number: int, future: Future[str]) -> None:
        """Note what a job answered; a look at the records tells what one did that broke."""
        try:
            self._note_failed(number, future.result())
        except JobFailed as exc:
            self._broken[number] = str(exc)
            with suppress(ApiError, RequestException):
                self._note_failed(number, exc.job_id)
        except SessionExpired:
            raise
        except ApiError as exc:
            self._broken[number] = str(exc)
        except RequestException as exc:
            self._broken[number] = unreachable(exc)

    def _note_failed(self, number: int, job_id: str) -> None:
        # (read whatever the job says of their number, which may be late)
        led = self.restorations[number]
        errors = failed_rows(self.salesforce.bulk, job_id)
        self.store.note(number, errors, led.relationship.parent, led.key)

    def _go_on(self) -> None:
        go_on(self.stop, self.salesforce.usage, self.settings.quota_percent_total)


def csv_line(values: Sequence[str]) -> bytes:
    """One row of CSV without its line end."""
    text = io.StringIO()
    # (a value with a line break is only quoted where line ends are known to be such)
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().removesuffix("\n").encode()


def _lines(
    links: Iterator[tuple[str, ...]], last: list[tuple[str, str]], most_bytes: int
) -> Iterator[list[bytes]]:
    """Rows of CSV in blocks, as many as fit into one upload; leaves in `last` where they ended."""
    size = 0
    while block := list(islice(links, _BLOCK_ROWS)):
        lines = [csv_line(link[:2]) for link in block]
        needs = sum(len(each) + 1 for each in lines)
        if size and size + needs > most_bytes:
            return
        size += needs
        yield lines
        last[0] = block[-1][2], block[-1][0]
