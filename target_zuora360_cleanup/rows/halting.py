"""What stops a run on its way: a signal, or the share of the org's calls that may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.rows.stop import Stopped

if TYPE_CHECKING:
    from target_zuora360_cleanup.rows.stop import Stop
    from target_zuora360_cleanup.salesforce.usage import Usage


class QuotaReached(Exception):
    """The share of the org's API calls that may be used is used up."""


def go_on(stop: Stop, usage: Usage | None, percent: int) -> None:
    """Return if another job may be begun.

    Args:
        stop: Set by a signal.
        usage: Calls used and allowed in 24 hours, as the org last said.
        percent: The setting `quota_percent_total`.

    Raises:
        Stopped, QuotaReached: It may not.
    """
    if stop.is_set():
        raise Stopped
    if usage and usage.is_used_up(percent):
        raise QuotaReached(
            f"{percent} % of the org's daily API calls are used (quota_percent_total); run again "
            "when more are allowed"
        )
