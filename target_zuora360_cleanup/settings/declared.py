"""The settings, declared once: as typed fields that carry what a user reads about them.

The JSON Schema of the target, the definitions for Meltano and the table in `docs/settings.md` all
follow from `Settings`; a test keeps them equal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping  # noqa: TC003 - get_type_hints reads them at run time
from dataclasses import dataclass
from typing import Any, Final

from target_zuora360_cleanup.catalog.objects import GROUPS

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
    factory: Callable[[], dict[str, Any]] | None = None,
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
        "resets them; `sync` loads the tap's records into the 360 objects.",
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
    only_accounts: str | None = _setting(
        "Only these accounts",
        "SOQL condition on `Zuora__CustomerAccount__c`, such as `Zuora__Batch__c = 'Batch9'`: only "
        "these billing accounts are cleaned, and what hangs below them.",
    )
    only_accounts_file: str | None = _setting(
        "File of accounts",
        "The same by a CSV file, one account a line: Salesforce ids, Zuora ids or account numbers.",
    )
    allow_broken_hierarchies: bool = _setting(
        "Allow broken hierarchies",
        "With `only_accounts`: go on although a chosen account is the parent of one that is not "
        "chosen, which loses it.",
        default=False,
    )
    stream_objects: Mapping[str, str] = _setting(
        "Streams to objects",
        "Stream name to object API name, for taps whose streams have other names than Zuora's; "
        "`other` for a stream that feeds no 360 object.",
        factory=dict,
    )
    paired_state_ids: tuple[str, ...] = _setting(
        "Paired state ids",
        "State ids of the pipelines whose bookmarks a cleanup resets through Meltano's state "
        "backend, such as `prod:tap-zuora-to-target-salesforce`; `*`, `?` and `[...]` match "
        "several.",
        (),
    )
    create_missing_states: bool = _setting(
        "Create missing states",
        "Take a paired state id that has no state yet for one on purpose, and not for a mistake.",
        default=False,
    )
    state_is_stored: bool = _setting(
        "State is stored",
        "Outside `meltano run`: whoever reads the target's stdout stores its last line as the "
        "tap's state. Without it a cleanup or a reset in a pipe is refused.",
        default=False,
    )
    meltano_executable: str | None = _setting(
        "Meltano's executable",
        "Path of `meltano`, where it is not the one that runs the plugin nor on `PATH`.",
    )
    confirm_org_id: str | None = _setting(
        "Confirm org id",
        "The id (15 or 18 characters) of the org that may be cleaned. A production org needs it; a "
        "sandbox does not, but another org's id is refused there too.",
    )
    max_records: int = _setting(
        "Most records",
        "A cleanup that would delete more records than this is refused.",
        1_000_000,
        minimum=0,
    )
    allow_cascade_to: tuple[str, ...] = _setting(
        "Customer objects that may lose rows",
        "API names of objects, never of the packages', whose rows may be destroyed with their "
        "Zuora parents.",
        (),
    )
    lookup_links: str = _setting(
        "Lookups that go blank",
        "What to do about lookups that will go blank and that no sync fills again: `snapshot` "
        "(write them to a file first), `ignore`, `refuse`.",
        "snapshot",
        options=("snapshot", "ignore", "refuse"),
    )
    keep_own_values: bool = _setting(
        "Keep people's own values",
        "Write down what people have filled on 360 records themselves, so that relink can set it "
        "again after the next full sync.",
        default=True,
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
    allow_hidden_rows: bool = _setting(
        "Allow hidden rows",
        "Go on although the user's rights hide objects, rows or fields: what is hidden can go "
        "along, lose a link, or stay behind unseen. A hidden lookup whose rows would be destroyed "
        "blocks all the same.",
        default=False,
    )
    hard_delete: bool = _setting(
        "Hard delete",
        "Skip the recycle bin. Needs the permission Bulk API Hard Delete.",
        default=False,
    )
    allow_failures: bool = _setting(
        "Allow failures",
        "Exit with 0 although some records could not be deleted or loaded.",
        default=False,
    )
    job_size: int = _setting(
        "Job size", "Records per Bulk API job.", 100_000, minimum=1, maximum=5_000_000
    )
    max_parallel_jobs: int = _setting(
        "Parallel jobs", "Bulk API jobs under way at once.", 5, minimum=1, maximum=25
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
    backup_bodies_mb: int = _setting(
        "Bodies in the backup",
        "Bodies of attachments that go along are in the backup too, up to so many megabytes each; "
        "0 leaves all of them out.",
        25,
        minimum=0,
    )
    plan_file: str | None = _setting(
        "Saved plan",
        "Path of a `plan.json` that mode `plan` has written: the cleanup is refused if the org, "
        "the settings, the user or the counts have changed since: of Zuora's rows by more than "
        "10 % or 1,000 of any object type, of anybody else's by one more.",
    )
    output_dir: str = _setting(
        "Output folder",
        "Where each run makes its folder with the report, the failures and the backups.",
        "output/zuora360-cleanup",
    )
    kept_file: str | None = _setting(
        "File of what is kept",
        "For mode `sync`: an SQLite file in a place that lasts as long as the state, where records "
        "wait that can't be loaded yet. Not set, it is beside Meltano's state where that is a file "
        "on this machine; elsewhere nothing is kept, and bookmarks stay before what waits.",
    )
    field_maps: Mapping[str, Any] = _setting(
        "Field maps",
        "For mode `sync`: stream name to an object of Zuora fields and the Salesforce field, or "
        "list of fields, that gets the value; `null`, or `-`, leaves a field out.",
        factory=dict,
    )
    unmapped_streams: str = _setting(
        "Unmapped streams",
        "What mode `sync` does about streams that no object type takes: `ignore` (with one "
        "warning) or `refuse`.",
        "ignore",
        options=("ignore", "refuse"),
    )
    batch_size_rows: int = _setting(
        "Batch size rows",
        "Rows that mode `sync` gathers before it loads them; meanwhile it gathers as many again.",
        25_000,
        minimum=1,
    )
    stream_maps: Mapping[str, Any] = _setting(
        "Stream maps",
        "For mode `sync`: inline maps of the Singer SDK, to rename, filter or compute.",
        factory=dict,
    )
    stream_map_config: Mapping[str, Any] = _setting(
        "Stream map config", "Values that expressions in `stream_maps` may use.", factory=dict
    )
    add_record_metadata: bool = _setting(
        "Add record metadata",
        "For mode `sync`: add the SDK's `_sdc_` fields to each record, for `field_maps` to name.",
        default=False,
    )
    validate_records: bool = _setting(
        "Validate records",
        "For mode `sync`: check each record against the tap's SCHEMA.",
        default=True,
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
