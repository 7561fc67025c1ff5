"""`zuora360`: plan, cleanup, reset, relink, verify, undo, status; in Meltano or alone."""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.output.points import leave_out_points
from target_zuora360_cleanup.settings.environment import refuse_idle_limits
from target_zuora360_cleanup.settings.sources import read_cli_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from target_zuora360_cleanup.report.document import Report

__all__ = ["main", "shared_options"]

_CONFIG: Final = click.option(
    "--config",
    "sources",
    multiple=True,
    metavar="FILE|ENV",
    help="JSON file with settings, or ENV for ZUORA360_<SETTING> variables; may be repeated.",
)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout.")


def shared_options(
    fate: str = "whose bookmarks are reset in place",
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that most commands have.

    Args:
        fate: What the command does with a state file.
    """
    about = (
        f"Singer state file {fate}; may be repeated. What `meltano state get` prints is one too."
    )
    state = click.option("--state", "files", multiple=True, metavar="FILE", help=about)
    return lambda command: _CONFIG(state(_JSON(command)))


@click.group()
@click.version_option(package_name="target-zuora360-cleanup")
@click.pass_context
def main(context: click.Context) -> None:
    """Zuora 360 Sync Cleanup: delete Zuora's records from Salesforce, reset a tap's bookmarks.

    The settings are those of target-zuora360-cleanup. Whose bookmarks are reset: the states in the
    setting paired_state_ids, through Meltano, and the files given with --state.
    """
    context.obj = console = _console()
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[_handler(console)])
    # Its warnings of repeated requests read like failures.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    leave_out_points(os.environ)


@main.command()
@shared_options("of which it is told what a cleanup would reset; it stays as it is")
def plan(**given: Any) -> None:  # noqa: ANN401 - options
    """Show what a cleanup would delete and reset, and what is in its way."""
    _run("plan", **given)


@main.command()
@shared_options("whose bookmarks are reset in place before anything is deleted")
@click.option("--dry-run", is_flag=True, help="Only plan: the same as `zuora360 plan`.")
def cleanup(*, dry_run: bool, **given: Any) -> None:  # noqa: ANN401 - options
    """Reset the bookmarks, then delete Zuora's records."""
    _run("plan" if dry_run else "cleanup", **given)


@main.command()
@shared_options()
def reset(**given: Any) -> None:  # noqa: ANN401 - options
    """Only reset the bookmarks: the next sync is a full one."""
    _run("reset", **given)


@main.command()
@_CONFIG
@_JSON
@click.option(
    "--from",
    "snapshot",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a cleanup; the newest one that is not relinked if left out.",
)
@click.option("--dry-run", is_flag=True, help="Only look, and tell what would be set.")
def relink(
    sources: tuple[str, ...], snapshot: Path | None, *, as_json: bool, dry_run: bool
) -> None:
    """Set lookups again that a cleanup has left blank, once a sync has brought their parents."""
    with _mistakes_told():
        settings = read_cli_settings(sources, os.environ, "plan")
        from target_zuora360_cleanup.lifecycle.context import Context
        from target_zuora360_cleanup.lifecycle.signals import heeded
        from target_zuora360_cleanup.relink.run import Relink, snapshots

        given, known = snapshots(settings, snapshot)
        context = Context.begin(settings, "relink")
        show = _show_json if as_json else _show_words
        run = Relink(context, given, known, show, dry_run=dry_run)
        with heeded(context.stop, lambda: run.status_if_killed):
            run.carry_out().exit()


@main.command()
@_CONFIG
@_JSON
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a cleanup; the newest one of the org if left out.",
)
def verify(sources: tuple[str, ...], folder: Path | None, *, as_json: bool) -> None:
    """Compare the org with a cleanup's backup: is everything back, and as it was?"""
    with _mistakes_told():
        settings = read_cli_settings(sources, os.environ, "plan")
        from target_zuora360_cleanup.lifecycle.context import Context
        from target_zuora360_cleanup.lifecycle.signals import heeded
        from target_zuora360_cleanup.verify.run import Verify, backups

        known = backups(settings, folder)
        context = Context.begin(settings, "verify")
        show = _show_json if as_json else _show_words
        run = Verify(context, known, show, is_named=folder is not None)
        with heeded(context.stop, lambda: run.status_if_killed):
            run.carry_out().exit()


@main.command()
@_CONFIG
@_JSON
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a cleanup; the newest one that is not taken back if left out.",
)
@click.option("--dry-run", is_flag=True, help="Only look, and tell what would come back.")
def undo(sources: tuple[str, ...], folder: Path | None, *, as_json: bool, dry_run: bool) -> None:
    """Take a cleanup back: its records out of the recycle bin, the bookmarks as they were."""
    with _mistakes_told():
        settings = read_cli_settings(sources, os.environ, "plan")
        from target_zuora360_cleanup.lifecycle.context import Context
        from target_zuora360_cleanup.lifecycle.signals import heeded
        from target_zuora360_cleanup.meltano.pipeline import read_pipeline
        from target_zuora360_cleanup.undo.run import Undo, cleanups

        given, known = cleanups(settings, folder)
        context = Context.begin(settings, "undo", pipeline=read_pipeline(os.environ))
        show = _show_json if as_json else _show_words
        run = Undo(context, given, known, show, dry_run=dry_run)
        with heeded(context.stop, lambda: run.status_if_killed):
            run.carry_out().exit()


@main.command()
@shared_options("of which it is told what the next sync makes of it; it stays as it is")
def status(sources: tuple[str, ...], files: tuple[str, ...], *, as_json: bool) -> None:
    """Show the org, the last cleanup, unfinished jobs and what each paired sync will do next."""
    with _mistakes_told():
        settings = read_cli_settings(sources, os.environ, "plan")
        from target_zuora360_cleanup.meltano.pipeline import read_pipeline
        from target_zuora360_cleanup.state.from_settings import stored_states
        from target_zuora360_cleanup.status.status import gather, text

        sinks = stored_states(settings, read_pipeline(os.environ), files)
        try:
            found = gather(settings, sinks)
        finally:
            for sink in sinks:
                sink.close()
        click.echo(json.dumps(found, indent=2) if as_json else text(found), nl=as_json)


def _run(mode: str, sources: tuple[str, ...], files: tuple[str, ...], *, as_json: bool) -> None:
    with _mistakes_told(), ExitStack() as live:
        settings = read_cli_settings(sources, os.environ, mode)
        refuse_idle_limits(os.environ, settings)
        from target_zuora360_cleanup.cleanup.run import Run
        from target_zuora360_cleanup.lifecycle.context import Context
        from target_zuora360_cleanup.lifecycle.signals import heeded
        from target_zuora360_cleanup.meltano.pipeline import read_pipeline
        from target_zuora360_cleanup.output.progress_bars import follow
        from target_zuora360_cleanup.state.from_settings import guards_alone, stored_states
        from target_zuora360_cleanup.state.holders import NoState

        def show(report: Report, folder: Path) -> None:
            live.close()
            (_show_json if as_json else _show_words)(report, folder)

        around = read_pipeline(os.environ)
        states = stored_states(settings, around, files) or (NoState(),)
        holders = (*guards_alone(settings, around), *states)
        console = click.get_current_context().obj
        context = Context.begin(settings, progress=live.enter_context(follow(console)))
        run = Run(context, holders, show)
        with heeded(context.stop, lambda: run.status_if_killed):
            run.alone().exit()


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True)


def _handler(console: Console) -> logging.Handler:
    """Plain lines; on a terminal they make room for live bars."""
    if not console.is_terminal:
        return logging.StreamHandler(sys.stderr)
    from rich.logging import RichHandler

    return RichHandler(console=console, show_time=False, show_level=False, show_path=False)


def _show_words(report: Report, folder: Path) -> None:
    click.echo(report.summary(folder), nl=False)


def _show_json(report: Report, folder: Path) -> None:
    """As the file has it; where the disk is full, there is none."""
    file = folder / "report.json"
    if file.exists():
        click.echo(file.read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(json.dumps(report.as_json(), indent=2))


@contextmanager
def _mistakes_told() -> Iterator[None]:
    """Tells what was wrong before a run could begin, and exits as docs/reports.md lists."""
    try:
        yield
    except CleanupError as exc:
        click.echo(f"Error: {exc}", err=True)
        sys.exit(exc.exit_status)


if __name__ == "__main__":
    main()
