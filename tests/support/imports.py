"""What the programs import on their way, for those that import it before they fork them."""

from __future__ import annotations

from typing import Final

ON_THEIR_WAY: Final = (
    "target_zuora360_cleanup.cleanup.run",
    "target_zuora360_cleanup.relink.run",
    "target_zuora360_cleanup.report.html",
    "target_zuora360_cleanup.sync.run",
    "target_zuora360_cleanup.sync.sink",
    "target_zuora360_cleanup.undo.run",
    "simple_salesforce.api",
    "tests.support.pages",
)
