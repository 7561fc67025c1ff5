"""Whether metrics are logged, told without the SDK: its import takes longer than a help text."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGGER: Final = "singer_sdk.metrics"
_ASKED_BY: Final = ("TARGET_ZUORA360_CLEANUP_LOGLEVEL", "LOGLEVEL")
"""As the SDK reads the level of its log. Meltano configures that log in any case."""


def leave_out_points(environ: Mapping[str, str]) -> None:
    """Log the points of metrics for those only who ask for all there is: there are many.

    Args:
        environ: The variables of this process.
    """
    if not any(environ.get(name, "").upper() == "DEBUG" for name in _ASKED_BY):
        logging.getLogger(LOGGER).setLevel(logging.WARNING)
