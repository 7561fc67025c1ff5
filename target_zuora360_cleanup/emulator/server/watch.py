"""Whether a process still runs, also when it isn't ours."""

from __future__ import annotations

import os
import select

__all__ = ["is_gone"]


def is_gone(pid: int) -> bool:
    """Whether the process has ended, whether or not anybody has asked for its exit status."""
    if not hasattr(os, "pidfd_open"):
        return not _answers(pid)
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 0)[0])
    finally:
        os.close(handle)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
