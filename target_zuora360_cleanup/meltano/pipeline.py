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
    from collections.abc import Iterator, Mapping, Sequence

TEST_STREAM: Final = "meltano_test_stream"
"""The stream that `meltano config test` sends to a loader."""
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})


@dataclass(frozen=True)
class Pipeline:
    """The Meltano run around a target; all blank outside of Meltano.

    Attributes:
        state_id: `<environment>:<extractor>-to-<loader>[:suffix]`, or as `--state-id` says.
        start_date: The tap's `start_date` as it was set.
        undone_by: What would keep a reset from being stored, such as `--merge-state`.
        run_id: The run's id, where the user gave one.
    """

    state_id: str = ""
    start_date: str = ""
    undone_by: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class OwnPlugin:
    """What this process is in a Meltano project.

    Attributes:
        kind: `loader` or `utility`.
        name: Its name there.
    """

    kind: str
    name: str


def own_plugin(environ: Mapping[str, str]) -> OwnPlugin | None:
    """The plugin of a Meltano project that runs as this process; None outside of Meltano."""
    for kind in ("utility", "loader"):
        if name := environ.get(f"MELTANO_{kind.upper()}_NAME"):
            return OwnPlugin(kind, name)
    return None


def read_pipeline(environ: Mapping[str, str], parent: Sequence[str]) -> Pipeline:
    """The run that `environ` and the parent process's command line describe."""
    extractor, loader = (
        environ.get(f"MELTANO_{each}_NAME", "") for each in ("EXTRACTOR", "LOADER")
    )
    names = f"{extractor}-to-{loader}" if extractor and loader else ""
    if not names:
        return Pipeline()
    return Pipeline(
        state_id=_state_id(names, environ, parent),
        start_date=environ.get("MELTANO_EXTRACT_START_DATE", ""),
        undone_by=_undone_by(environ, parent),
        run_id=_option("run-id", parent) or environ.get("MELTANO_RUN_ID", ""),
    )


def _state_id(names: str, environ: Mapping[str, str], parent: Sequence[str]) -> str:
    """As `meltano run` makes it (`BlockParser`), or as `meltano el` is told."""
    if given := _option("state-id", parent):
        return given
    suffix = _option("state-id-suffix", parent) or environ.get("MELTANO_RUN_STATE_ID_SUFFIX", "")
    environment = environ.get("MELTANO_ENVIRONMENT", "")
    return ":".join(part for part in (environment, names, suffix) if part)


def _option(name: str, words: Sequence[str]) -> str:
    """The value of `--name value` or `--name=value`; blank where it isn't there."""
    for index, word in enumerate(words):
        flag, has_value, value = word.partition("=")
        if flag == f"--{name}":
            return value if has_value else "".join(words[index + 1 : index + 2])
    return ""


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
    if value := _option("state-strategy", parent):
        return value.lower(), f"--state-strategy {value}"
    variable = "MELTANO_RUN_STATE_STRATEGY"
    return environ.get(variable, "").lower(), variable


def parent_command_line() -> tuple[str, ...]:
    """The words of the parent process's command line; none where the system doesn't tell."""
    return _command_line(os.getppid())


def ancestors(most: int = 4) -> Iterator[tuple[str, ...]]:
    """The command lines of the parent process, of its parent and so on; `most` of them."""
    pid = os.getppid()
    for _ in range(most):
        if pid <= 1:
            return
        yield _command_line(pid)
        pid = _parent_of(pid)


def _command_line(pid: int) -> tuple[str, ...]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return tuple(os.fsdecode(word) for word in words if word)
    except OSError:
        return tuple(_from_ps(pid, "args").split())


def _parent_of(pid: int) -> int:
    try:
        # "pid (name) state ppid …"; a name may hold anything, also brackets.
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[1])
    except OSError:
        parent = _from_ps(pid, "ppid").strip()
        return int(parent) if parent.isdecimal() else 0


def _from_ps(pid: int, what: str) -> str:
    command = ["/bin/ps", "-o", f"{what}=", "-p", str(pid)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603 - a fixed program, a word and a number
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout
