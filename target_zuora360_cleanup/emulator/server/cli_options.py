"""The command line's options: what they are called, and what they become."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from target_zuora360_cleanup.emulator.org.options import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials
from target_zuora360_cleanup.emulator.server.options import ServerOptions, check_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["as_arguments", "option", "org_options", "serve_options", "server_options"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_CUSTOMER_OBJECTS = ("Renewal_Forecast__c", "Dunning_Case__c", "Usage_Note__c")


def option(
    *names: str,
    **settings: Any,  # noqa: ANN401 - click's own settings
) -> Callable[[_Command], _Command]:
    """An option that an environment variable sets too: ``--port``, ZUORA360_EMULATOR_PORT."""
    name = names[0].partition("/")[0].removeprefix("--").replace("-", "_").upper()
    envvar = f"ZUORA360_EMULATOR_{name}"
    return click.option(*names, envvar=envvar, show_default=True, show_envvar=True, **settings)


def _loopback(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        check_loopback(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


def _allowances(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> dict[str, int]:
    pairs = [item.partition("=") for item in value]
    for name, _equals, number in pairs:
        if not name or not number.isdecimal():
            raise click.BadParameter(f"{name}{_equals}{number} is no NAME=NUMBER")
    return {name: int(number) for name, _equals, number in pairs}


_FILE = click.Path(dir_okay=False, path_type=Path)
_SERVE: tuple[Callable[[Any], Any], ...] = (
    option("--port", default=8360, type=click.IntRange(0, 65535), help="For http; 0: a free one."),
    option("--host", default="127.0.0.1", callback=_loopback, help="A loopback address."),
    option("--records", default=10_000, type=click.IntRange(0), help="Zuora's records in the org."),
    option("--seed", default=1, type=int, help="The same seed makes the same org."),
    option("--db", type=_FILE, help="SQLite file to keep the org in; made when it is new."),
    option("--faults", type=_FILE, help="JSON file with faults from the start on."),
    option("--credentials", type=_FILE, help="JSON file: the only credentials that are let in."),
    option("--tls/--no-tls", default=False, help="Serve https as well."),
    option("--tls-port", type=click.IntRange(0, 65535), help="For https.  [default: port + 1]"),
    option("--ca-file", type=_FILE, help="Where to write the certificate authority of https."),
    option("--batch-seconds", default=0.0, type=click.FloatRange(0), help="For 10,000 rows."),
    option("--job-seconds", default=0.0, type=click.FloatRange(0), help="Before a job starts."),
    option("--parallel-jobs", default=5, type=click.IntRange(1), help="Bulk jobs at a time."),
    option(
        "--customer-rows",
        multiple=True,
        type=click.Choice(["all", *_CUSTOMER_OBJECTS], case_sensitive=False),
        help="Customer objects that have rows.",
    ),
    option("--quotes/--no-quotes", default=True, help="Whether quotes use the catalogue."),
    option("--synced/--unsynced", default=True, help="Whether the org has Zuora's records yet."),
    option("--own-sync/--any-values", default=False, help="As Zuora's own sync leaves an org."),
    option("--sandbox/--production", default=False, help="What the org calls itself."),
    option("--hard-delete/--no-hard-delete", default=False, help="The user's permission."),
    option("--not-visible", multiple=True, metavar="OBJECT", help="The user may not read it."),
    option("--not-deletable", multiple=True, metavar="OBJECT", help="The user may not delete it."),
    option("--rows-hidden", multiple=True, metavar="OBJECT", help="Sharing hides a third of it."),
    option("--shape", type=_FILE, help="JSON file: more objects and rows, what is hidden."),
    option("--modify-all/--no-modify-all", default=True, help="The user's permission."),
    option("--apex-job/--no-apex-job", default=False, help="Whether the packages' Apex runs."),
    option("--scheduled-sync/--no-scheduled-sync", default=False, help="Whether one is scheduled."),
    option("--trigger", multiple=True, metavar="OBJECT", help="Has a trigger for deletions."),
    option("--zqu-version", default="9.12", help="Version of Zuora Quotes."),
    option(
        "--without-package",
        multiple=True,
        type=click.Choice(["Zuora", "zqu"], case_sensitive=False),
        help="A package that is not installed.",
    ),
    option(
        "--stale-counts/--live-counts",
        default=False,
        help="Whether limits/recordCount keeps its first answer.",
    ),
    option(
        "--allowance",
        multiple=True,
        callback=_allowances,
        metavar="NAME=NUMBER",
        help="A daily allowance's maximum, by its name in /limits.",
    ),
    option("--stop-with", type=int, metavar="PID", help="End as soon as that process has ended."),
)


def serve_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of ``serve``."""
    for decorate in reversed(_SERVE):
        command = decorate(command)
    return command


def org_options(given: Mapping[str, Any]) -> OrgOptions:
    """What the org is to hold."""
    rows = given["customer_rows"]
    return OrgOptions(
        seed=given["seed"],
        records=given["records"],
        quotes=given["quotes"],
        synced=given["synced"],
        own_sync=given["own_sync"],
        customer_rows=frozenset(_CUSTOMER_OBJECTS if "all" in rows else rows),
        without_packages=frozenset(given["without_package"]),
        sandbox=given["sandbox"],
        hard_delete_permission=given["hard_delete"],
        not_visible=frozenset(given["not_visible"]),
        not_deletable=frozenset(given["not_deletable"]),
        rows_hidden=frozenset(given["rows_hidden"]),
        modify_all=given["modify_all"],
        apex_job=given["apex_job"],
        scheduled_sync=given["scheduled_sync"],
        triggers=frozenset(given["trigger"]),
        zqu_version=given["zqu_version"],
        shape=given["shape"].read_text(encoding="utf-8") if given["shape"] else "",
    )


def server_options(given: Mapping[str, Any]) -> ServerOptions:
    """How it is to be served."""
    return ServerOptions(
        host=given["host"],
        port=given["port"],
        tls=given["tls"],
        tls_port=given["tls_port"],
        ca_file=given["ca_file"],
        batch_seconds=given["batch_seconds"],
        job_seconds=given["job_seconds"],
        parallel_jobs=given["parallel_jobs"],
        stale_counts=given["stale_counts"],
        allowances=given["allowance"],
        credentials=Credentials.load(given["credentials"]) if given["credentials"] else None,
    )


def as_arguments(command: click.Command, given: Mapping[str, Any]) -> list[str]:
    """The arguments that give ``command`` these values."""
    arguments = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name in given:
            arguments += _arguments(parameter, given[parameter.name])
    return arguments


def _arguments(parameter: click.Option, value: Any) -> list[str]:  # noqa: ANN401 - of any type
    name = parameter.opts[0]
    if value is None:
        return []
    if isinstance(value, bool):
        return [name if value else parameter.secondary_opts[0]]
    if isinstance(value, dict):
        return [f"{name}={key}={number}" for key, number in value.items()]
    if isinstance(value, tuple):
        return [f"{name}={item}" for item in value]
    return [f"{name}={value}"]
