"""Whether metrics are logged, told without the SDK: its import takes longer than a help text."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGGER: Final = "singer_sdk.metrics"
_ASKED_BY: Final = "SINGER_SDK_LOG_CONFIG"


def leave_out_points(environ: Mapping[str, str]) -> None:
    """Log the points of metrics for those only who have configured a log: there are many.

    Args:
        environ: The variables of this process; the SDK's own names a file with a configuration.
    """
    if not environ.get(_ASKED_BY):
        logging.getLogger(LOGGER).setLevel(logging.WARNING)
