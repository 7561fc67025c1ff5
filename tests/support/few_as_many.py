"""Has a run treat few rows as it treats many, so that small orgs meet every kind of request."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = "target_zuora360_cleanup"


@contextmanager
def by(means: str) -> Iterator[None]:
    """Read and delete by jobs, however few the rows are.

    Args:
        means: `as ever`; `jobs`, created with their rows; or `jobs in steps`, created, filled and
            closed.
    """
    with ExitStack() as stack:
        if means != "as ever":
            stack.enter_context(patch(f"{_ROOT}.salesforce.rows.REST_ROWS", -1))
            stack.enter_context(patch(f"{_ROOT}.deletion.sending.COLLECTION_ROWS", -1))
        if means == "jobs in steps":
            stack.enter_context(patch(f"{_ROOT}.salesforce.sending.MULTIPART_CHARACTERS", 0))
        yield
