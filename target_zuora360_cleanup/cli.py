"""`zuora360`: plan, cleanup, reset and status without a tap; a utility of Meltano's, or alone."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from target_zuora360_cleanup.cli_config import read_cli_settings
from target_zuora360_cleanup.errors import CleanupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from target_zuora360_cleanup.direct_run import DirectRun
    from target_zuora360_cleanup.progress import Progress
    from target_zuora360_cleanup.report import Report

__all__ = ["main", "shared_options"]

_CONFIG: Final = click.option(
    "--config",
    "sources",
    multiple=True,
    metavar="FILE|ENV",
    help="JSON file with settings, or ENV for ZUORA360_<SETTING> variables; may be repeated.",
)
_STATE: Final = click.option(
    "--state",
    "files",
    multiple=True,
    metavar="FILE",
    help="Singer state file whose bookmarks are reset in place; may be repeated.",
)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout.")


def shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that all commands have."""
    return _CONFIG(_STATE(_JSON(command)))


@click.group()
@click.version_option(package_name="target-zuora360-cleanup")
def main() -> None:
    """Zuora 360 Sync Cleanup: delete Zuora's records from Salesforce, reset a tap's bookmarks.

    The settings are those of target-zuora360-cleanup. Whose bookmarks are reset: the states in the
    setting paired_state_ids, through Meltano, and the files given with --state.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    # Its warnings of repeated requests read like failures.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    if sys.stderr.isatty():
        # Points for machines, of which there are many.
        logging.getLogger("singer_sdk.metrics").setLevel(logging.WARNING)


@main.command()
@shared_options
def plan(**given: Any) -> None:  # noqa: ANN401 - options
    """Show what a cleanup would delete and reset, and what is in its way."""
    _run("plan", **given)


@main.command()
@shared_options
def cleanup(**given: Any) -> None:  # noqa: ANN401 - options
    """Reset the bookmarks, then delete Zuora's records."""
    _run("cleanup", **given)


@main.command()
@shared_options
def reset(**given: Any) -> None:  # noqa: ANN401 - options
    """Only reset the bookmarks: the next sync is a full one."""
    _run("reset", **given)


@main.command()
@shared_options
def status(sources: tuple[str, ...], files: tuple[str, ...], *, as_json: bool) -> None:
    """Show the org, the last cleanup, unfinished jobs and what each paired sync will do next."""
    with _exits():
        settings = read_cli_settings(sources, os.environ, "plan")
        from target_zuora360_cleanup.paired import paired_sinks
        from target_zuora360_cleanup.status import gather, text

        found = gather(settings, paired_sinks(settings, files=files))
        click.echo(json.dumps(found, indent=2) if as_json else text(found), nl=as_json)


def _run(mode: str, sources: tuple[str, ...], files: tuple[str, ...], *, as_json: bool) -> None:
    with _exits():
        settings = read_cli_settings(sources, os.environ, mode)
        from target_zuora360_cleanup.direct_run import DirectRun
        from target_zuora360_cleanup.paired import paired_sinks
        from target_zuora360_cleanup.stored_states import NoState

        sinks = paired_sinks(settings, files=files) or (NoState(),)
        run = DirectRun(settings, sinks, _tell_json if as_json else _tell_words, _progress())
        _listen(run)
        run.carry_out()


def _progress() -> Progress:
    """Follows the deletion: lines in the log."""
    from target_zuora360_cleanup.progress import Progress

    return Progress()


def _tell_words(report: Report, folder: Path) -> None:
    from target_zuora360_cleanup.summary import summary

    click.echo(summary(report, folder), nl=False)


def _tell_json(report: Report, folder: Path) -> None:
    """As the file has it; where the disk is full, there is none."""
    file = folder / "report.json"
    if file.exists():
        click.echo(file.read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(json.dumps(report.as_json(report.started_at), indent=2))


def _listen(run: DirectRun) -> None:
    def stop(number: int, _: FrameType | None) -> None:
        run.interrupt(signal.Signals(number).name)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)


@contextmanager
def _exits() -> Iterator[None]:
    """Ends the process with the exit status that the README lists."""
    try:
        yield
    except CleanupError as exc:
        if not exc.told:
            click.echo(f"Error: {exc}", err=True)
        sys.exit(exc.exit_status)
