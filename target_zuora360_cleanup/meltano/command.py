"""Finds Meltano's own command line and runs it; it can't be imported where a plugin runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import CleanupError, InputError
from target_zuora360_cleanup.meltano.processes import Process, ancestors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECONDS: Final = 120.0
"""A command takes one to three; a locked state makes Meltano wait for the lock's end."""
_SHEBANG: Final = re.compile(rb"^#!\s*(/\S+)(?:[ \t]+(\S+))?")
_EXEC: Final = re.compile(rb"'''exec' [\"']?(/[^\"'\n]+?)[\"']? \"\$0\"")
"""The second line that installers write where a path is too long, or has blanks in it."""
_PASSWORD: Final = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")
_MOST_CHARACTERS: Final = 300


class MeltanoFailed(CleanupError):
    """A command of Meltano's failed, or its answer can't be read; the message is a sentence."""


@dataclass(frozen=True)
class Meltano:
    """Meltano's command line.

    Attributes:
        command: The words that start it.
        environ: What it is given as its environment.
        folder: A folder of the project.
        words: What it was told to do, where it runs this process; its options come from there.
        around: The environment that it has itself, where it runs this process and that can be read:
            what it hands to plugins has its `.env` in it, and more.
    """

    command: tuple[str, ...]
    environ: Mapping[str, str]
    folder: str
    words: tuple[str, ...] = ()
    around: Mapping[str, str] | None = None

    def run(self, *words: str, given: str = "") -> str:
        """Run a command and return what it writes to stdout.

        Args:
            words: The command, such as `state`, `list`.
            given: What it reads from stdin.

        Raises:
            MeltanoFailed: It fails, or does not end in time.
        """
        return run([*self.command, *words], given, self)

    @property
    def python(self) -> str:
        """The Python that Meltano is installed for; blank where that can't be told."""
        first = Path(self.command[0])
        if len(self.command) > 1:
            return str(first)
        try:
            with first.open("rb") as file:
                return _interpreter(file.read(1024))
        except OSError:
            return ""


def run(command: list[str], given: str, meltano: Meltano) -> str:
    """Run a program in Meltano's project.

    Raises:
        MeltanoFailed: It fails, or does not end in time.
    """
    environ = {**meltano.environ, "NO_COLOR": "1", "MELTANO_CLI_LOG_LEVEL": "warning"}
    try:
        done = subprocess.run(  # noqa: S603 - Meltano, as the user has installed it
            command,
            input=given,
            cwd=meltano.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            # (The terminal's Ctrl-C is for this program, which still has states to see to.)
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise MeltanoFailed(f"Meltano did not answer within {SECONDS:.0f} s.") from None
    except OSError as exc:
        raise MeltanoFailed(f"Meltano could not be started ({exc.strerror or exc}).") from None
    if done.returncode:
        raise MeltanoFailed(f"Meltano says: {_last_words(done.stderr)}")
    return done.stdout


def find_meltano(
    named: str | None, environ: Mapping[str, str], parents: Iterable[Process] | None = None
) -> Meltano:
    """The Meltano that runs this process, else the one on `PATH`, else one beside this Python.

    Args:
        named: Its path, as the user has set it.
        environ: This process's environment.
        parents: The parent process and its parents.

    Raises:
        InputError: There is none.
    """
    above = ancestors() if parents is None else parents
    around = next((each for each in above if each.meltano), Process(()))
    folder = environ.get("MELTANO_PROJECT_ROOT", "") or str(Path.cwd())
    command = _command_of(named, environ, around)
    return Meltano(command, environ, folder, around.rest, around.environ)


def _command_of(named: str | None, environ: Mapping[str, str], around: Process) -> tuple[str, ...]:
    if named:
        if found := shutil.which(named, path=environ.get("PATH")):
            return (found,)
        raise InputError(f"meltano_executable: '{named}' is no program that can be started.")
    if around.meltano:
        return around.meltano
    for path in (environ.get("PATH"), str(Path(sys.executable).parent)):
        if found := shutil.which("meltano", path=path):
            return (found,)
    raise InputError(
        "Meltano can't be found. Set meltano_executable to its path (`which meltano` tells it)."
    )


def _interpreter(script: bytes) -> str:
    """The Python that a script's first lines name."""
    if found := _EXEC.search(script):
        return os.fsdecode(found[1])
    found = _SHEBANG.match(script)
    if found is None:
        return ""
    program = os.fsdecode(found[1])
    if Path(program).name == "env" and found[2]:
        return shutil.which(os.fsdecode(found[2])) or ""
    return program if "python" in Path(program).name else ""


def _last_words(text: str) -> str:
    """The last line of what a program says, without passwords."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = _PASSWORD.sub(r"\1:…@", lines[-1] if lines else "nothing")
    return words if len(words) <= _MOST_CHARACTERS else f"{words[:_MOST_CHARACTERS]} …"
