"""The settings, declared once: as typed fields that carry what a user reads about them.

The JSON Schema of the target, the list in `meltano.yml` and the table in the README all follow from
`Settings`; a test keeps them equal.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin, get_type_hints

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.objects import BY_NAME, GROUPS

MODES: Final = ("plan", "cleanup", "reset", "sync")
OLDEST_API_VERSION: Final = "53.0"
"""The first in which failed results name the record (`sf__Id`)."""
LOGINS: Final[tuple[tuple[str, ...], ...]] = (
    ("client_id", "client_secret", "refresh_token"),
    ("username", "password", "security_token"),
    ("jwt_client_id", "jwt_username", "jwt_private_key"),
    ("jwt_client_id", "jwt_username", "jwt_private_key_path"),
    ("client_id", "client_secret", "domain"),
    ("access_token", "instance_url"),
)
"""The ways of logging in: each a set of settings that belong together."""


def _setting(  # noqa: PLR0913 - what a user reads about one setting
    label: str,
    description: str,
    default: object = None,
    *,
    factory: Callable[[], dict[str, str]] | None = None,
    options: tuple[str, ...] = (),
    sensitive: bool = False,
    minimum: int | None = None,
    maximum: int | None = None,
) -> Any:  # noqa: ANN401 - a dataclass field stands for a value of any type
    about = {
        "label": label,
        "description": description,
        "options": options,
        "sensitive": sensitive,
        "minimum": minimum,
        "maximum": maximum,
    }
    if factory:
        return dataclasses.field(default_factory=factory, metadata=about)
    return dataclasses.field(default=default, metadata=about)


@dataclass(frozen=True)
class Settings:
    """What a user may set, validated. Lists are tuples, so that a value is safe to share."""

    mode: str = _setting(
        "Mode",
        "`plan` only reads and reports; `cleanup` deletes and resets the bookmarks; `reset` only "
        "resets them; `sync` is not available yet.",
        "plan",
        options=MODES,
    )
    object_groups: tuple[str, ...] = _setting(
        "Object groups",
        "Which groups to clean: `accounts` (Accounts & Related Objects), `product_catalog`.",
        GROUPS,
        options=GROUPS,
    )
    include_objects: tuple[str, ...] = _setting(
        "Only these objects",
        "API names of the only object types to clean. Not together with `exclude_objects`.",
        (),
    )
    exclude_objects: tuple[str, ...] = _setting(
        "Not these objects",
        "API names of object types to leave alone. Not together with `include_objects`.",
        (),
    )
    stream_objects: Mapping[str, str] = _setting(
        "Streams to objects",
        "Stream name to object API name, for taps whose streams have other names than Zuora's.",
        factory=dict,
    )
    confirm_org_id: str | None = _setting(
        "Confirm org id",
        "The id (15 or 18 characters) of the production org that may be cleaned. Sandboxes do not "
        "need it.",
    )
    max_records: int = _setting(
        "Most records",
        "A cleanup that would delete more records than this is refused.",
        1_000_000,
        minimum=0,
    )
    allow_cascade_to: tuple[str, ...] = _setting(
        "Customer objects that may lose rows",
        "API names of your own objects whose rows may be destroyed with their Zuora parents.",
        (),
    )
    lookup_links: str = _setting(
        "Lookups that go blank",
        "What to do about lookups of your own objects that will go blank: `snapshot` (write them "
        "to a file first), `ignore`, `refuse`.",
        "snapshot",
        options=("snapshot", "ignore", "refuse"),
    )
    ignore_running_sync: bool = _setting(
        "Ignore a running sync",
        "Go on although a 360 sync appears to run in the org.",
        default=False,
    )
    keep_quoted_products: bool = _setting(
        "Keep quoted products",
        "Keep the catalogue rows that existing quotes use.",
        default=True,
    )
    hard_delete: bool = _setting(
        "Hard delete",
        "Skip the recycle bin. Needs the permission Bulk API Hard Delete.",
        default=False,
    )
    allow_failures: bool = _setting(
        "Allow failures",
        "Exit with 0 although some records could not be deleted.",
        default=False,
    )
    job_size: int = _setting(
        "Job size", "Records per delete job.", 100_000, minimum=1, maximum=5_000_000
    )
    max_parallel_jobs: int = _setting(
        "Parallel jobs", "Delete jobs under way at once.", 5, minimum=1, maximum=25
    )
    quota_percent_total: int = _setting(
        "Quota in percent",
        "Stop before more than this share of the org's daily API calls is used, by anybody.",
        80,
        minimum=1,
        maximum=100,
    )
    backup: str = _setting(
        "Backup",
        "What is written to a file before a record is deleted: `none`, `ids` (id and external id) "
        "or `full` (every field).",
        "ids",
        options=("none", "ids", "full"),
    )
    output_dir: str = _setting(
        "Output folder",
        "Where each run makes its folder with the report, the failures and the backups.",
        "output/zuora360-cleanup",
    )
    client_id: str | None = _setting(
        "Client id", "Consumer key of the connected app or External Client App."
    )
    client_secret: str | None = _setting(
        "Client secret", "Consumer secret that goes with `client_id`.", sensitive=True
    )
    refresh_token: str | None = _setting(
        "Refresh token", "OAuth refresh token that goes with `client_id`.", sensitive=True
    )
    username: str | None = _setting("User name", "Salesforce user name, to log in by password.")
    password: str | None = _setting("Password", "Password of `username`.", sensitive=True)
    security_token: str | None = _setting(
        "Security token", "Security token of `username`.", sensitive=True
    )
    jwt_client_id: str | None = _setting("JWT client id", "Consumer key for the JWT bearer flow.")
    jwt_username: str | None = _setting("JWT user name", "User to act as in the JWT bearer flow.")
    jwt_private_key: str | None = _setting(
        "JWT private key", "Private key (PEM) that signs the JWT.", sensitive=True
    )
    jwt_private_key_path: str | None = _setting(
        "JWT private key file", "Path of a file with the private key (PEM)."
    )
    access_token: str | None = _setting(
        "Access token", "A session id or access token that is already there.", sensitive=True
    )
    instance_url: str | None = _setting(
        "Instance URL", "URL of the org, such as https://example.my.salesforce.com."
    )
    domain: str | None = _setting(
        "Domain", "`login`, `test`, or the org's My Domain, where to log in."
    )
    is_sandbox: bool | None = _setting(
        "Is a sandbox", "Log in at `test` instead of `login`. An error if `domain` says otherwise."
    )
    api_version: str = _setting(
        "API version", f"Version of the Salesforce API, from {OLDEST_API_VERSION} on.", "64.0"
    )


def json_schema() -> dict[str, Any]:
    """The settings as the JSON Schema that the Singer SDK validates and shows in `--about`."""
    hints = get_type_hints(Settings)
    return {
        "type": "object",
        "properties": {
            each.name: _property(each, hints[each.name]) for each in dataclasses.fields(Settings)
        },
    }


def _property(field: dataclasses.Field[Any], hint: object) -> dict[str, Any]:
    about = field.metadata
    schema = {"title": about["label"], "description": about["description"], **_type(hint)}
    if about["sensitive"]:
        schema |= {"secret": True, "writeOnly": True}
    if about["options"]:
        holder = schema["items"] if schema["type"][0] == "array" else schema
        holder["enum"] = [*about["options"], *([None] if holder is schema else [])]
    schema |= {key: about[key] for key in ("minimum", "maximum") if about[key] is not None}
    if field.default not in (None, (), dataclasses.MISSING):
        schema["default"] = (
            list(field.default) if isinstance(field.default, tuple) else field.default
        )
    return schema


def _type(hint: object) -> dict[str, Any]:
    kinds: dict[object, str] = {str: "string", bool: "boolean", int: "integer"}
    holds = {"type": "string"}
    if get_origin(hint) is tuple:
        return {"type": ["array", "null"], "items": holds}
    if get_origin(hint) is Mapping:
        return {"type": ["object", "null"], "additionalProperties": holds}
    plain = next(kind for kind in kinds if hint is kind or kind in get_args(hint))
    return {"type": [kinds[plain], "null"]}


def unknown_settings(config: Mapping[str, object]) -> list[str]:
    """One sentence for each name in `config` that is no setting, with the nearest that is.

    A typing mistake in a guard such as `max_record` must not pass silently.
    """
    known = [each.name for each in dataclasses.fields(Settings)]
    return [_unknown(name, known) for name in config if name not in known]


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else "see --about for the settings there are."
    return f"Unknown setting '{name}': {hint}"


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Settings from a configuration that has passed the JSON Schema.

    Blank strings and nulls mean "not set", as Meltano passes them.

    Raises:
        InputError: The settings contradict each other or name an object that isn't there.
    """
    given = {name: _frozen(value) for name, value in config.items() if value not in (None, "")}
    settings = Settings(**given)
    for check in (_check_objects, _check_streams, _check_api_version):
        check(settings)
    return settings


def _frozen(value: Any) -> Any:  # noqa: ANN401 - as the JSON Schema has it
    return tuple(value) if isinstance(value, list) else value


def _check_objects(settings: Settings) -> None:
    if settings.include_objects and settings.exclude_objects:
        raise InputError(
            "include_objects and exclude_objects are both set: keep one of them, since either "
            "alone already says which objects are cleaned."
        )
    for name in ("include_objects", "exclude_objects"):
        for api_name in getattr(settings, name):
            _check_object(name, api_name)


def _check_streams(settings: Settings) -> None:
    for stream, api_name in settings.stream_objects.items():
        _check_object(f"stream_objects: {stream}", api_name)


def _check_api_version(settings: Settings) -> None:
    wanted = settings.api_version
    if not re.fullmatch(r"\d{2}\.0", wanted) or float(wanted) < float(OLDEST_API_VERSION):
        raise InputError(
            f"api_version: '{wanted}' can't be used; give a version such as 64.0, "
            f"from {OLDEST_API_VERSION} on."
        )


def _check_object(setting: str, api_name: str) -> None:
    if api_name in BY_NAME:
        return
    near = difflib.get_close_matches(api_name, BY_NAME, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else "use an API name such as Zuora__ZInvoice__c."
    raise InputError(f"{setting}: '{api_name}' is not a 360 object type; {hint}")
