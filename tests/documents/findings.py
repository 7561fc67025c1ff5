"""What a user reads about each finding; a test compares the codes with those in the source."""

from __future__ import annotations

from typing import Final

FINDINGS: Final[dict[str, tuple[str, str, str]]] = {
    "no-360-objects": (
        "blocks",
        "the org shows none of the object types to clean",
        "check the org and the user's permission set",
    ),
    "production-not-confirmed": (
        "blocks",
        "a production org, and `confirm_org_id` is not set",
        "set it to the org's id, for this run only",
    ),
    "other-org-confirmed": (
        "blocks",
        "`confirm_org_id` is another org's id",
        "check which org the credentials belong to",
    ),
    "too-many-records": (
        "blocks",
        "more records than `max_records`",
        "clean one object group at a time, use `mode: reset`, or raise `max_records`",
    ),
    "nothing-to-delete": (
        "tells",
        "there are no Zuora records",
        "nothing; for a full sync alone, `mode: reset` is enough",
    ),
    "may-not-delete": (
        "blocks",
        "the user may not delete records of an object type",
        "give the user Read, Delete and Modify All",
    ),
    "may-not-read": (
        "blocks",
        "the user may not read an object type",
        "the same",
    ),
    "may-not-hard-delete": (
        "blocks",
        "`hard_delete` without the permission Bulk API Hard Delete",
        "give it, or switch `hard_delete` off",
    ),
    "customer-rows-taken-along": (
        "blocks",
        "rows of your own objects would be destroyed with their parents",
        "move or export them, or name the object in `allow_cascade_to`",
    ),
    "package-rows-taken-along": (
        "blocks",
        "the same of an object of the packages that is not to be cleaned",
        "clean it too, or leave its parent alone as well",
    ),
    "allowed-rows-taken-along": (
        "tells",
        "the same of an object named in `allow_cascade_to`",
        "nothing",
    ),
    "rows-hold-records": (
        "blocks",
        "rows of yours whose lookup forbids the deletion, with the first ids",
        "blank the lookup, or leave the parent alone",
    ),
    "lookups-go-blank": (
        "by `lookup_links`",
        "lookups of your objects that lose their parents, by field",
        "[relink](relink.md) after the next full sync",
    ),
    "sync-running": (
        "blocks; warns with `ignore_running_sync`",
        "a 360 sync runs in the org",
        "stop it and wait for its end",
    ),
    "sync-not-checked": (
        "blocks; warns with `ignore_running_sync`",
        "whether a 360 sync runs could not be read",
        "give the user Read, or see to it yourself",
    ),
    "sync-scheduled": (
        "warns",
        "a 360 sync is scheduled in the org, with its next run",
        "stop it while the cleanup runs",
    ),
    "quotes-too-old": (
        "blocks",
        "Zuora Quotes below 3.0: the catalogue is not safe to clean",
        "upgrade, or clean `accounts` alone",
    ),
    "quotes-version-unknown": (
        "blocks",
        "the version of Zuora Quotes could not be read",
        "give View Setup and Configuration, or clean `accounts` alone",
    ),
    "quotes-versions-differ": (
        "warns",
        "the package says 3.0 or newer, Zuora's settings in the org say older",
        "look at Setup, Installed Packages",
    ),
    "quotes-lose-products": (
        "warns",
        "quotes would lose the products they use",
        "leave `keep_quoted_products` on",
    ),
    "rows-may-be-hidden": (
        "warns",
        "Salesforce counts clearly more rows than this user sees",
        "give View All and Modify All on the 360 objects",
    ),
    "objects-not-seen": (
        "tells",
        "object types that are not in the org, or not shown to this user",
        "if the package has them, give Read and Delete",
    ),
    "not-checked": (
        "warns",
        "what else Salesforce would not tell, and why",
        "give View Setup and Configuration, or look yourself",
    ),
    "delete-triggers": (
        "tells",
        "triggers of your own that run at a deletion",
        "switch them off for the cleanup if you can",
    ),
    "recycle-bin-too-small": (
        "warns",
        "more soft deletes than the recycle bin holds: no safety net",
        "keep a `full` backup, or use `hard_delete`",
    ),
    "allowances-unknown": (
        "warns",
        "what is left of the daily allowances could not be read",
        "give View Setup and Configuration, or look at Setup, Company Information",
    ),
    "allowance-too-small": (
        "blocks",
        "the org's daily allowances will not do",
        "wait for the next 24 hours, or clean fewer objects at a time",
    ),
    "start-date-too-late": (
        "warns",
        "the tap's `start_date` is later than the oldest data, which would not come back",
        "set it earlier",
    ),
    "reset-would-not-hold": (
        "blocks",
        "a flag of Meltano's would keep the reset from being stored",
        "run without it; with `--full-refresh` add `--state-strategy overwrite`",
    ),
    "plan-of-other-org": (
        "blocks",
        "`plan_file` is of another org",
        "check the credentials, or plan again",
    ),
    "plan-settings-changed": (
        "blocks",
        "the settings are not those of `plan_file`",
        "set them back, or plan again",
    ),
    "plan-counts-changed": (
        "blocks",
        "counts are more than 10 % or 1,000 rows away from `plan_file`",
        "see what has changed them, and plan again",
    ),
    "no-state-named": (
        "blocks",
        "no tap, and no state named that could be reset",
        "set `paired_state_ids`, or give `--state`",
    ),
    "paired-states": (
        "tells",
        "the paired states and the bookmarks that go",
        "nothing",
    ),
    "paired-state-missing": (
        "blocks",
        "a paired state that isn't there",
        "correct the id, or set `create_missing_states`",
    ),
    "paired-state-unreadable": (
        "blocks",
        "a paired state that can't be read or reset",
        "mend what the message says; nothing is deleted without the reset",
    ),
    "paired-pipeline-running": (
        "blocks",
        "a paired pipeline runs, as Meltano has recorded it",
        "wait or stop it; one that was killed counts for five minutes more",
    ),
    "paired-pipeline-ran": (
        "warns",
        "after the deletion: a paired pipeline was started meanwhile and has ended",
        "stop syncs while a cleanup runs",
    ),
    "paired-state-overwritten": (
        "warns",
        "after the deletion: a sync had stored its bookmarks, which are reset again",
        "the same",
    ),
    "paired-pipeline-still-running": (
        "blocks",
        "after the deletion: a paired pipeline runs that will store its bookmarks over the reset",
        "stop it, then `zuora360 reset`",
    ),
    "paired-state-unsettled": (
        "blocks",
        "after the deletion: a state that could not be looked at again",
        "`zuora360 reset` before its next sync",
    ),
}
"""Code -> what it does to a cleanup, what it says, what to do."""
