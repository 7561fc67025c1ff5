"""Reads the saved plan that `plan_file` names."""

from __future__ import annotations

from pathlib import Path

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.plan.saved import SavedPlan


def read_plan_file(path: str) -> SavedPlan:
    """The plan that a file holds.

    Raises:
        InputError: It can't be read, or holds no plan.
    """
    try:
        return SavedPlan.from_text(Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, RuntimeError) as exc:
        why = str(getattr(exc, "strerror", None) or exc)
    except ValueError as exc:
        # (JSON and UTF-8 errors are ValueErrors too)
        why = str(exc)
    raise InputError(
        f"plan_file: '{path}' can't be used: {why.rstrip('.')}. Give the path of a plan.json that "
        "mode 'plan' has written."
    )
