"""The login of a run: once, and beside a tap at the very beginning.

A tap may run for hours, and what is wrong with a login should not be told at its end. So a thread
of its own logs in while the stream is read, and says at once what it meets with; who needs the org
waits for it here.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.background import Background
from target_zuora360_cleanup.lifecycle.rotated import keeper
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.client import connect

if TYPE_CHECKING:
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

TOLD_WITHIN: Final = 4.5
"""Seconds after which it is said that nobody has answered yet."""


class Login:
    """Logs in once, whoever asks first.

    Args:
        context: What the run has.
    """

    def __init__(self, context: Context) -> None:
        self._run = context
        self._work = Background(context.stop)
        self._salesforce: Salesforce | None = None

    def begin(self) -> None:
        """Log in by a thread of its own, which tells at once what goes wrong."""
        self._work.begin(self._tell)

    def salesforce(self) -> Salesforce:
        """The org, once logged in to.

        Raises:
            CleanupError: The login failed.
            Stopped: The run is to stop.
        """
        self._work.begin(self._log_in)
        # (after a stop it has some time to end: a login that fails is the better reason)
        if not (self._work.wait() or self._work.leave(self._run.waits.after_stop)):
            raise Stopped
        if self._work.failure:
            raise self._work.failure
        if self._salesforce is None:
            raise AssertionError("a login that ended has failed, or brought a client")
        return self._salesforce

    def _log_in(self) -> None:
        run = self._run
        keep = keeper(run.settings, run.folder)
        self._salesforce = connect(run.settings, run.stop.pause, run.waits, run.jobs, keep)

    def _tell(self) -> None:
        timer = threading.Timer(TOLD_WITHIN, _say_nobody_answers)
        timer.daemon = True
        timer.start()
        try:
            self._log_in()
        except CleanupError as exc:
            logger.error("%s The tap's stream is read to its end all the same.", exc)  # noqa: TRY400 - a sentence
            raise
        finally:
            timer.cancel()


def _say_nobody_answers() -> None:
    logger.warning(
        "Salesforce has not answered the login yet. If this goes on, check domain, instance_url "
        "and the network."
    )
