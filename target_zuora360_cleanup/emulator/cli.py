"""`zuora360-emulator`: serves an emulated org, in the foreground or in the background."""

from __future__ import annotations

import json
import signal
import sys
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from target_zuora360_cleanup.emulator import background

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.options import ServerOptions
    from target_zuora360_cleanup.emulator.org import OrgOptions

__all__ = ["main"]

_NOT_RUNNING: Final = 3
_PREFIX: Final = "ZUORA360_EMULATOR_"
_CUSTOMER_OBJECTS: Final = ("Renewal_Forecast__c", "Dunning_Case__c", "Usage_Note__c")


def _option(name: str, **kwargs: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:  # noqa: ANN401 - click's
    word = name.split("/", maxsplit=1)[0].lstrip("-").replace("-", "_").upper()
    return click.option(name, envvar=f"{_PREFIX}{word}", show_default=True, **kwargs)


_PORT = _option("--port", default=8360, help="Where to listen; 0 takes a free port.")
_RUN_DIR = _option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=Path("output/zuora360-emulator"),
    help="Folder for the log and the note of a background process.",
)
_SERVE = (
    _PORT,
    _option("--host", default="127.0.0.1", help="A loopback address."),
    _option("--records", default=10_000, type=click.IntRange(0), help="Zuora's records."),
    _option("--seed", default=1, help="The same seed and numbers give the same org."),
    _option("--db", type=click.Path(path_type=Path), help="Keep the org in this SQLite file."),
    _option("--faults", type=click.Path(path_type=Path, exists=True), help="Faults, as JSON."),
    _option("--tls", is_flag=True, help="Serve https as well, on the next port."),
    _option("--tls-port", type=int, help="Where to serve https."),
    _option("--ca-file", type=click.Path(path_type=Path), help="Where to write the authority."),
    _option("--batch-seconds", default=0.0, help="Least time for 10,000 rows of a Bulk job."),
    _option("--job-seconds", default=0.0, help="How long a Bulk job waits before it begins."),
    _option(
        "--customer-rows",
        multiple=True,
        type=click.Choice(["all", *_CUSTOMER_OBJECTS]),
        help="Customer objects that have rows.",
    ),
    _option("--quotes/--no-quotes", default=True, help="Whether there are quotes."),
    _option("--sandbox/--production", default=False, help="What the org says it is."),
    _option("--hard-delete", is_flag=True, help="Grant the permission to delete for good."),
    _option(
        "--without-package",
        multiple=True,
        type=click.Choice(["Zuora", "zqu"]),
        help="A package that is not installed.",
    ),
    _option("--stop-with", type=int, help="End when the process with this number has ended."),
)


def _serve_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SERVE):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="target-zuora360-cleanup")
def main() -> None:
    """A local Salesforce org with Zuora 360 data, for tests and demonstrations."""


@main.command()
@_serve_options
def serve(**given: Any) -> None:  # noqa: ANN401 - the options above
    """Serve an org until SIGTERM or Ctrl-C. Prints one line when it is ready."""
    from target_zuora360_cleanup.emulator.fault_spec import FaultSpec, FaultSpecError
    from target_zuora360_cleanup.emulator.server import EmulatorServer, StartError

    try:
        faults = FaultSpec.load(given["faults"]) if given["faults"] else None
        server = EmulatorServer(_org(given), _server(given), faults=faults, db=given["db"])
        server.start()
    except (StartError, FaultSpecError, ValueError) as exc:
        click.echo(str(exc), err=True)
        sys.exit(2)
    if given["stop_with"]:
        background.stop_with(given["stop_with"])
    _until_stopped(server)


def _until_stopped(server: Any) -> None:  # noqa: ANN401 - imported where it is needed
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    tls = f" {server.tls_url} (CA {server.ca_file})" if server.tls_url else ""
    line = f"{server.url}{tls} org {server.org.org_id} access token {server.access_token}"
    click.echo(f"{background.READY}{line}")
    sys.stdout.flush()
    done.wait()
    server.stop()


def _org(given: dict[str, Any]) -> OrgOptions:
    from target_zuora360_cleanup.emulator.org import OrgOptions

    rows = given["customer_rows"]
    return OrgOptions(
        seed=given["seed"],
        records=given["records"],
        quotes=given["quotes"],
        customer_rows=frozenset(_CUSTOMER_OBJECTS if "all" in rows else rows),
        without_packages=frozenset(given["without_package"]),
        sandbox=given["sandbox"],
        hard_delete_permission=given["hard_delete"],
    )


def _server(given: dict[str, Any]) -> ServerOptions:
    from target_zuora360_cleanup.emulator.options import ServerOptions

    names = ("host", "port", "tls", "tls_port", "ca_file", "batch_seconds", "job_seconds")
    return ServerOptions(**{name: given[name] for name in names})


@main.command()
@_serve_options
@_RUN_DIR
def start(run_dir: Path, **given: Any) -> None:  # noqa: ANN401 - the options above
    """Serve an org in the background; one that runs on this port is replaced."""
    try:
        running = background.start(run_dir, given["port"], list(_arguments(given)))
    except background.BackgroundError as exc:
        click.echo(str(exc), err=True)
        sys.exit(2)
    click.echo(f"The emulator answers at {running.url} (process {running.pid}).")


def _arguments(given: dict[str, Any]) -> list[str]:
    """The options once more, as words for `serve`."""
    words: list[str] = []
    pairs = {"quotes": "--no-quotes", "sandbox": "--sandbox"}
    for name, value in given.items():
        flag = f"--{name.replace('_', '-')}"
        if name in pairs:
            words += [pairs[name]] if value != (name == "quotes") else []
        elif isinstance(value, tuple):
            words += [word for each in value for word in (flag, each)]
        elif value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return words


@main.command()
@_PORT
@_RUN_DIR
def stop(port: int, run_dir: Path) -> None:
    """Stop the emulator that runs in the background; fine if none does."""
    try:
        stopped = background.stop(run_dir, port)
    except background.BackgroundError as exc:
        click.echo(str(exc), err=True)
        sys.exit(1)
    click.echo("The emulator has stopped." if stopped else "No emulator was running.")


@main.command()
@_PORT
@_RUN_DIR
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def status(port: int, run_dir: Path, *, as_json: bool) -> None:
    """Say whether an emulator runs in the background, and what it holds. Exits 3 if none does."""
    running = background.find(run_dir, port)
    if running is None:
        click.echo("No emulator is running.")
        sys.exit(_NOT_RUNNING)
    with urllib.request.urlopen(f"{running.url}/__emulator__/stats", timeout=30) as answer:  # noqa: S310 - our own URL
        stats = json.load(answer)
    if as_json:
        click.echo(json.dumps({"url": running.url, "pid": running.pid, **stats}))
        return
    click.echo(f"The emulator answers at {running.url} (process {running.pid}).")
    for name, count in sorted(stats["rows"].items()):
        if count:
            click.echo(f"{count:>12,}  {name}")
