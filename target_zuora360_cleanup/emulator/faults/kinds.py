"""Every kind of fault, in the order in which the schema lists them: one line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.faults.allowances import Allowances
from target_zuora360_cleanup.emulator.faults.composite import Composite
from target_zuora360_cleanup.emulator.faults.jobs import Jobs
from target_zuora360_cleanup.emulator.faults.language import Language
from target_zuora360_cleanup.emulator.faults.locks import Locks
from target_zuora360_cleanup.emulator.faults.login import Login
from target_zuora360_cleanup.emulator.faults.queries import Queries
from target_zuora360_cleanup.emulator.faults.refresh_tokens import RefreshTokens
from target_zuora360_cleanup.emulator.faults.requests import Requests
from target_zuora360_cleanup.emulator.faults.rows import Rows
from target_zuora360_cleanup.emulator.faults.sessions import Sessions

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.faults.kind import Kind

__all__ = ["KINDS"]

KINDS: Final[tuple[type[Kind], ...]] = (
    Requests,
    Sessions,
    Login,
    RefreshTokens,
    Rows,
    Jobs,
    Locks,
    Queries,
    Composite,
    Language,
    Allowances,
)
