"""How many records there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import named_rows, rows_of, taken_along, to_delete
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

TOO_MANY: Final = Code(
    "too-many-records",
    "blocks",
    "more records than `max_records`, those taken along included",
    "clean one object group at a time, use `mode: reset`, or raise `max_records`",
)
NOTHING: Final = Code(
    "nothing-to-delete",
    "tells",
    "there are no Zuora records",
    "nothing; for a full sync alone, `mode: reset` is enough",
)


@check(TOO_MANY, NOTHING)
def records(weighed: Weighed) -> Iterator[Finding]:
    """How many records a cleanup would delete."""
    facts, settings = weighed.facts, weighed.settings
    own, along = sum(to_delete(facts).values()), taken_along(facts)
    total = own + along
    if total > settings.max_records:
        more = f" ({along:,} of them taken along)" if along else ""
        yield TOO_MANY.found(
            f"The cleanup would delete {counted(total, 'record')}{more}, more than max_records "
            f"({settings.max_records:,}). Zuora recommends no cleanup above 1,000,000.",
            "Clean one object group at a time, ask Zuora's support for a full sync, use mode "
            "'reset', or raise max_records.",
            named_rows(each for each in facts.objects if rows_of(each)),
        )
    elif facts.objects and not total and all(isinstance(e.found, Known) for e in facts.objects):
        yield NOTHING.found(
            "There are no Zuora records to delete.",
            "Nothing to do. For a full sync alone, mode 'reset' is enough.",
        )
