"""The end of every run: its report is written, whatever happened, and shown."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, TextIO

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.result import Result
from target_zuora360_cleanup.plan.saved import DISTRIBUTION
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.report.header import Header
from target_zuora360_cleanup.settings.guards import changed, guards

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.client import Salesforce

    Show = Callable[[Report, Path], None]

logger = logging.getLogger(__name__)


def header_of(
    run: Context, error: BaseException | None, org: OrgInfo | None, salesforce: Salesforce | None
) -> Header:
    """The header of a run that ends now.

    Args:
        run: The run.
        error: What it ends with, if not well.
        org: Which org it was, where that is known.
        salesforce: What it asked, once logged in. Before that some requests may have been made, but
            in mode `reset`, which makes none.
    """
    none: dict[str, int] | None = {} if run.mode == "reset" else None
    calls, usage = (salesforce.calls, salesforce.usage) if salesforce else (none, None)
    return Header(
        run.mode,
        run.started_at,
        run.clock(),
        error,
        org,
        calls,
        usage,
        {**guards(run.settings, run.mode), **changed(run.settings, run.mode)},
        version(DISTRIBUTION),
    )


def conclude(run: Context, report: Report, show: Show, error: BaseException | None) -> Result:
    """Write the report and show it.

    Args:
        run: The run that ends.
        report: What it has to say.
        show: Shows the report; is given the run's folder too.
        error: What the run ended with, if not well.

    Returns:
        That, or that the report can't be written.
    """
    for problem in write_report(run.folder, report):
        why = f"{problem} The summary has it in short."
        logger.error("%s", why)
        error = error or CleanupError(why)
    show(report, run.folder.path)
    return Result(error)


def show_beside_a_tap(report: Report, folder: Path) -> None:
    """Show a report on stderr; one of no good end begins with a line that the log has as an error.

    Meltano shows every other line as if all were well.
    """
    is_well = report.header.status == "done"
    if not is_well:
        logger.error("%s", report.headline)
    sys.stderr.write(report.summary(folder, headline=is_well))
    sys.stderr.flush()


def show_words(out: TextIO, report: Report, folder: Path) -> None:
    """Show a report as a person reads it."""
    out.write(report.summary(folder))
    out.flush()
