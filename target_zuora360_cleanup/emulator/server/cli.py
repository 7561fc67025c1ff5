"""``zuora360-emulator``: serve an emulated Salesforce org, in front or in the background."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from target_zuora360_cleanup.emulator.server.background import (
    BackgroundError,
    Instance,
    RunFolder,
)
from target_zuora360_cleanup.emulator.server.cli_options import (
    as_arguments,
    option,
    org_options,
    serve_options,
    server_options,
)
from target_zuora360_cleanup.emulator.server.watch import is_gone

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

__all__ = ["main"]

_NOT_RUNNING = 3
_WATCH_SECONDS = 0.5
_run_dir = option(
    "--run-dir",
    default=Path("output/zuora360-emulator"),
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the background process leaves its file and its log.",
)
_port = option("--port", default=8360, type=int, help="The port that it was started with.")


class _Refused(click.ClickException):
    """Something a user can mend."""

    exit_code = 2


@click.group()
@click.version_option(package_name="target-zuora360-cleanup")
def main() -> None:
    """A local Salesforce org with the Zuora 360 package, for tests and demonstrations."""


@main.command()
@serve_options
@click.option("--run-dir", type=click.Path(path_type=Path), hidden=True)
def serve(**given: Any) -> None:  # noqa: ANN401 - options
    """Serve the org until a signal comes; the first line says where."""
    logging.basicConfig(level=logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        _serve(given)
    except KeyboardInterrupt:
        return


@main.command()
@serve_options
@_run_dir
@option("--start-seconds", default=120.0, type=float, help="How long the start may take.")
def start(run_dir: Path, start_seconds: float, **given: Any) -> None:  # noqa: ANN401 - options
    """Serve the org in the background, in place of one that was started on the same port."""
    folder = RunFolder(run_dir.absolute(), given["port"])
    arguments = [*as_arguments(serve, given), f"--run-dir={run_dir.absolute()}"]
    try:
        instance = folder.start(arguments, start_seconds)
    except BackgroundError as error:
        raise _Refused(str(error)) from error
    click.echo(_ready_line(instance))


@main.command()
@_run_dir
@_port
def stop(run_dir: Path, port: int) -> None:
    """Stop the emulator of a port and wait until it is gone; fine when none runs.

    It is found by its file or by its port, wherever it was started.
    """
    folder = RunFolder(run_dir.absolute(), port)
    instance = folder.find_anywhere()
    if instance is None:
        click.echo(folder.nowhere)
        return
    try:
        instance.end()
    except BackgroundError as error:
        raise _Refused(str(error)) from error
    folder.remove()
    click.echo(f"The emulator at {instance.url} has stopped.")


@main.command()
@_run_dir
@_port
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def status(context: click.Context, run_dir: Path, port: int, *, as_json: bool) -> None:
    """Say whether the emulator of a port runs (exit status 0) or not (3), and what it holds.

    It is found by its file or by its port, wherever it was started.
    """
    folder = RunFolder(run_dir.absolute(), port)
    instance = folder.find_anywhere()
    if instance is None:
        click.echo('{"running": false}' if as_json else folder.nowhere)
        context.exit(_NOT_RUNNING)
    stats = instance.ask("/__emulator__/stats")
    if as_json:
        click.echo(json.dumps({"running": True, **vars(instance), **stats}))
        return
    click.echo(_ready_line(instance))
    click.echo(_table(stats["rows"], stats["recycle_bin"]))


@main.command()
@_run_dir
@_port
@click.option(  # Its own, without the variable that says how large an org is.
    "--records", default=20, show_default=True, type=click.IntRange(0), help="How many change."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Chooses which ones."
)
@click.pass_context
def change(context: click.Context, run_dir: Path, port: int, records: int, seed: int) -> None:
    """Let time pass in Zuora: some records change, some are new, a few are deleted."""
    wish = {"records": records, "seed": seed}
    for name, each in _ask(context, run_dir, port, "zuora/changes", wish).items():
        done = ", ".join(f"{count:,} {what}" for what, count in each.items() if count)
        click.echo(f"{name}: {done}")


@main.command()
@_run_dir
@_port
@click.pass_context
def link(context: click.Context, run_dir: Path, port: int) -> None:
    """Link customers' records and quotes to Zuora's that are there again, as users would."""
    counts = _ask(context, run_dir, port, "customers/link", {})
    for name, count in counts.items():
        click.echo(f"{name}: {count:,} linked")
    if not counts:
        click.echo("There was nothing to link.")


def _ask(
    context: click.Context, run_dir: Path, port: int, resource: str, wish: dict[str, Any]
) -> dict[str, Any]:
    folder = RunFolder(run_dir.absolute(), port)
    instance = folder.find_anywhere()
    if instance is None:
        click.echo(folder.nowhere)
        context.exit(_NOT_RUNNING)
    try:
        return instance.ask(f"/__emulator__/{resource}", wish)
    except OSError as error:
        raise _Refused(str(error)) from error


def _serve(given: dict[str, Any]) -> None:
    server = _server(given)
    folder = RunFolder(given["run_dir"], given["port"]) if given["run_dir"] else None
    with ExitStack() as stack:
        stack.callback(server.stop)
        instance = _instance(server)
        try:
            if folder is not None:
                folder.write(instance)
            click.echo(_ready_line(instance))
            _wait(given["stop_with"])
        finally:
            # A second signal ends the process at once.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if folder is not None:
                folder.remove()


def _server(given: dict[str, Any]) -> EmulatorServer:
    """The server, started.

    Raises:
        _Refused: A port is taken, the faults are wrong or the database is another org's.
    """
    from target_zuora360_cleanup.emulator.faults.spec import FaultSpec
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer, StartError

    try:
        faults = FaultSpec.load(given["faults"]) if given["faults"] else None
        server = EmulatorServer(
            org_options(given), server_options(given), faults=faults, db=given["db"]
        )
        return server.start()
    except (StartError, ValueError, OSError) as error:
        raise _Refused(str(error)) from error


def _wait(stop_with: int | None) -> None:
    """Wait for a signal, or until another process is gone."""
    forever = threading.Event()
    while stop_with is None or not is_gone(stop_with):
        forever.wait(_WATCH_SECONDS)


def _instance(server: EmulatorServer) -> Instance:
    return Instance(
        pid=os.getpid(),
        url=server.url,
        org_id=server.org.org_id,
        access_token=server.access_token,
        tls_url=server.tls_url,
        ca_file=str(server.ca_file) if server.tls_url else None,
    )


def _ready_line(instance: Instance) -> str:
    line = (
        f"zuora360-emulator: {instance.url} org {instance.org_id} "
        f"access token {instance.access_token}"
    )
    if instance.tls_url is None:
        return line
    return f"{line} https {instance.tls_url} ca {instance.ca_file}"


def _table(rows: dict[str, int], recycle_bin: dict[str, int]) -> str:
    filled = {name: count for name, count in rows.items() if count or recycle_bin[name]}
    width = max(map(len, filled), default=6)
    lines = [f"{'object':{width}}  {'rows':>10}  {'in the bin':>10}"]
    for name, count in filled.items():
        lines.append(f"{name:{width}}  {count:>10,}  {recycle_bin[name]:>10,}")
    return "\n".join(lines)
