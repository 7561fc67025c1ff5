"""Points of metrics are logged for those who ask for them."""

from __future__ import annotations

import logging

import pytest
from singer_sdk.metrics import METRICS_LOGGER_NAME

from target_zuora360_cleanup.output.points import LOGGER, leave_out_points


@pytest.mark.parametrize(
    ("environ", "is_logged"),
    [({}, False), ({"LOGLEVEL": "INFO"}, False), ({"LOGLEVEL": "debug"}, True)],
)
def test_points_are_logged_where_all_is_asked_for(
    environ: dict[str, str],
    is_logged: bool,  # noqa: FBT001 - a table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logger = logging.getLogger(METRICS_LOGGER_NAME)
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    monkeypatch.setattr(logger, "_cache", {})
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)
    leave_out_points(environ)
    assert LOGGER == METRICS_LOGGER_NAME
    assert logger.isEnabledFor(logging.INFO) is is_logged
