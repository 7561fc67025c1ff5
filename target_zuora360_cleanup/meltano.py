"""What a loader can learn of the Meltano run that it is part of.

Meltano tells a plugin its environment's and partner's names in variables. Flags of `meltano run` do
not reach a plugin, so they are read from the parent process's command line.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEST_STREAM: Final = "meltano_test_stream"
"""The stream that `meltano config test` sends to a loader."""
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})


@dataclass(frozen=True)
class Pipeline:
    """The Meltano run around a target; all blank outside of Meltano.

    Attributes:
        state_id: `<environment>:<extractor>-to-<loader>`; a suffix is not known to a plugin.
        start_date: The tap's `start_date` as it was set.
        undone_by: What would keep a reset from being stored, such as `--merge-state`.
    """

    state_id: str = ""
    start_date: str = ""
    undone_by: str = ""


def read_pipeline(environ: Mapping[str, str], parent: Sequence[str]) -> Pipeline:
    """The run that `environ` and the parent process's command line describe."""
    extractor, loader = (
        environ.get(f"MELTANO_{each}_NAME", "") for each in ("EXTRACTOR", "LOADER")
    )
    environment = environ.get("MELTANO_ENVIRONMENT", "")
    names = f"{extractor}-to-{loader}" if extractor and loader else ""
    return Pipeline(
        state_id=f"{environment}:{names}" if environment and names else names,
        start_date=environ.get("MELTANO_EXTRACT_START_DATE", ""),
        undone_by=_undone_by(environ, parent) if names else "",
    )


def _undone_by(environ: Mapping[str, str], parent: Sequence[str]) -> str:
    """What keeps `{"bookmarks": {}}` from replacing the stored state.

    Meltano 4.4: under the merge strategy an omitted key survives; `auto`, the default strategy,
    merges in a full refresh; without state updates nothing is stored (`should_merge_states`,
    `run.py`).
    """

    def on(flag: str) -> str:
        variable = "MELTANO_RUN_" + flag.upper().replace("-", "_")
        if environ.get(variable, "").lower() in _TRUE:
            return variable
        return f"--{flag}" if f"--{flag}" in parent else ""

    if {"el", "elt"} & set(parent) and not any(word.startswith("--state-id") for word in parent):
        return "meltano el without --state-id"
    strategy, source = _strategy(environ, parent)
    if strategy == "merge":
        return source
    merged = "" if strategy == "overwrite" else on("merge-state") or on("full-refresh")
    return on("no-state-update") or merged


def _strategy(environ: Mapping[str, str], parent: Sequence[str]) -> tuple[str, str]:
    for index, word in enumerate(parent):
        name, has_value, value = word.partition("=")
        if name == "--state-strategy":
            value = value if has_value else "".join(parent[index + 1 : index + 2])
            return value.lower(), f"--state-strategy {value}"
    variable = "MELTANO_RUN_STATE_STRATEGY"
    return environ.get(variable, "").lower(), variable


def parent_command_line() -> tuple[str, ...]:
    """The words of the parent process's command line; none where the system doesn't tell."""
    parent = os.getppid()
    try:
        words = Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")
        return tuple(os.fsdecode(word) for word in words if word)
    except OSError:
        return _from_ps(parent)


def _from_ps(pid: int) -> tuple[str, ...]:
    command = ["/bin/ps", "-o", "args=", "-p", str(pid)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603 - a fixed program and a number
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(answer.stdout.split())
