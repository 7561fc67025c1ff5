"""Which of the SDK's lines are logged, told without it: its import takes longer than a help."""

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
    _leave_out(LOGGER, environ)


def leave_out_remarks(plugin: str, environ: Mapping[str, str]) -> None:
    """The same of what the SDK says of its own work, the last of it below the report's path.

    Args:
        plugin: Name of the plugin, by which its logger is called.
        environ: The variables of this process.
    """
    _leave_out(plugin, environ)


def _leave_out(name: str, environ: Mapping[str, str]) -> None:
    if not any(environ.get(each, "").upper() == "DEBUG" for each in _ASKED_BY):
        logging.getLogger(name).setLevel(logging.WARNING)
