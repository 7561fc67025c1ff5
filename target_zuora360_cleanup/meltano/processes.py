"""The processes above this one, nearest first: what started them, and in which environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MODULES: Final = (("meltano",), ("meltano.cli",))
_STARTS_ITSELF_BY: Final = (".meltano", "run", "bin")
_VALUED: Final = ("-W", "-X", "--check-hash-based-pycs")
"""Python's options that take the next word."""


@dataclass(frozen=True)
class Process:
    """A process above this one.

    Attributes:
        words: Its command line; empty where the system doesn't tell.
        environ: The environment that it was started with; None where the system doesn't tell.
    """

    words: tuple[str, ...]
    environ: Mapping[str, str] | None = None

    @property
    def meltano(self) -> tuple[str, ...]:
        """The words that start Meltano in it; none where it isn't Meltano."""
        return started_by(self.words)

    @property
    def rest(self) -> tuple[str, ...]:
        """What Meltano is told to do; none where it isn't Meltano."""
        return self.words[len(self.meltano) :] if self.meltano else ()


def ancestors() -> Iterator[Process]:
    """The parent process, its parent and so on, as far as the system tells."""
    pid, seen = os.getppid(), set[int]()
    while pid > 0 and pid not in seen:
        seen.add(pid)
        yield Process(_command_line(pid), _environ(pid))
        pid = _parent_of(pid)


def is_scheduled(above: Iterable[Process]) -> bool:
    """Whether one of these processes is a Meltano that runs a schedule, so that nobody looks on."""
    return any("schedule" in each.rest for each in above)


def started_by(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that start Meltano in a command line; none where it isn't Meltano."""
    if not words:
        return ()
    if _is_meltano(words[0]):
        return (_program(words[0]),)
    if "python" not in Path(words[0]).name.lower():
        return ()
    at = _script(words)
    is_module = words[at - 1] == "-m" and words[at : at + 1] in _MODULES
    if at < len(words) and (is_module or (words[at - 1] != "-m" and _is_meltano(words[at]))):
        return (_program(words[0]), *words[1 : at + 1])
    return ()


def _script(words: tuple[str, ...]) -> int:
    """Where Python's own options end: the place of its script or module."""
    at = 1
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "-m":
            return at + 1
        at += 2 if words[at] in _VALUED else 1
    return at


def _is_meltano(word: str) -> bool:
    """Whether this is Meltano's program, perhaps by a link such as `.meltano/run/bin`.

    That one is a file where a project was copied without regard to links; schedules start by it.
    """
    if Path(word).parts[-3:] == _STARTS_ITSELF_BY:
        return True
    names = (Path(word).name, Path(os.path.realpath(word)).name)
    return any(name.removesuffix(".exe") == "meltano" for name in names)


def _program(word: str) -> str:
    """The program's path, unless nobody knows it."""
    return word if Path(word).is_absolute() else shutil.which(word) or word


def _command_line(pid: int) -> tuple[str, ...]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return tuple(os.fsdecode(word) for word in words[:-1])
    except OSError:
        return tuple(_from_ps(pid, "args").split())


def _environ(pid: int) -> Mapping[str, str] | None:
    try:
        found = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    pairs = (os.fsdecode(each).partition("=") for each in found if each)
    return {name: value for name, _, value in pairs} or None


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
