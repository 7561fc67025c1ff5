"""Everything one running server holds: the org and what is around it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.faults.in_force import Faults
from target_zuora360_cleanup.emulator.faults.spec import FaultSpec
from target_zuora360_cleanup.emulator.resources.bulk.jobs import JobRegistry
from target_zuora360_cleanup.emulator.resources.bulk.locks import RowLocks
from target_zuora360_cleanup.emulator.resources.bulk.workers import Workers
from target_zuora360_cleanup.emulator.resources.rest.cursors import Cursors
from target_zuora360_cleanup.emulator.wire.allowances import Allowances
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, error_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Match, Route, Router
from target_zuora360_cleanup.emulator.wire.sessions import Sessions
from target_zuora360_cleanup.emulator.wire.stats import Stats
from target_zuora360_cleanup.emulator.zuora.exports import Exports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.resources.options import ServiceOptions
    from target_zuora360_cleanup.emulator.wire.errors import RowError
    from target_zuora360_cleanup.emulator.zuora.tenant import Tenant

    Handler = Callable[["Service", Call], Answer]

__all__ = ["Service"]


class Service:
    """What the handlers work on, each in a thread of its own.

    Each part is safe from several threads by a lock of its own. The org's and the sessions' may be
    held when the faults are asked, the faults' never when one of those is.

    Args:
        org: The org that is served; whoever opened it closes it.
        zuora: The Zuora behind it.
        options: How jobs are processed.
        routes: Every resource.
        faults: Faults from the start on.
    """

    def __init__(
        self,
        org: Org,
        zuora: Tenant,
        options: ServiceOptions,
        routes: Iterable[Route[Service]],
        faults: FaultSpec | None = None,
    ) -> None:
        self.org, self.zuora, self.options = org, zuora, options
        self.router: Router[Service] = Router(routes)
        self.sessions = Sessions(org.org_id, org.options.seed)
        self.allowances = Allowances(options.allowances)
        self.refresh_tokens: set[str] = set()
        self.stats = Stats()
        self.cursors = Cursors()
        self.record_counts: dict[str, int] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="zuora360-emulator-")
        self.folder = Path(self._folder.name)
        self.jobs = JobRegistry(self.folder / "jobs")
        self.workers = Workers(options.parallel_jobs)
        self.row_locks = RowLocks(org.whole)
        self.exports = Exports(zuora, self.folder / "zuora")
        self.faults = Faults(self.sessions, self.allowances)
        self.set_faults(faults or FaultSpec())

    def set_faults(self, spec: FaultSpec) -> None:
        """Put faults in force, in place of those before.

        Raises:
            FaultSpecError: They name an allowance that doesn't exist.
        """
        self.faults.replace(spec)
        self.org.row_hook = self.faults.row_hook

    def dispatch(self, call: Call) -> Answer:
        """Answer a subrequest, without another check of token and allowance."""
        try:
            match = self.router.match(call.method, call.path)
            _require_subrequest(match, call)
            return match.route.handler(self, replace(call, params=match.params, nested=True))
        except SalesforceError as error:
            return self.refusal(error)

    def refusal(self, error: SalesforceError) -> Answer:
        """The answer to a request that is refused, in the user's language."""
        message = self.faults.in_words(error.code, error.message)
        if message is error.message:
            return error_answer(error)
        return error_answer(
            SalesforceError(error.code, message, status=error.status, fields=error.fields)
        )

    def told(self, error: RowError) -> RowError:
        """The error of a row, in the user's language."""
        return replace(error, message=self.faults.in_words(error.code, error.message))

    def close(self) -> None:
        """End the jobs under way and remove their files."""
        self.workers.close()
        self._folder.cleanup()


def _require_subrequest(match: Match[Service], call: Call) -> None:
    if match.route.access != "session" or match.route.spool:
        raise SalesforceError("INVALID_INPUT", f"{call.path} can't be a subrequest")
