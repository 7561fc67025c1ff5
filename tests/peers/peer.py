"""What a peer is, and how its programs are run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

__all__ = ["Missing", "Peer", "Place", "Unlike", "expect", "has_python", "have", "pip_install"]

INSTALL_SECONDS: Final = 600
_RUN_SECONDS: Final = 240


class Missing(Exception):
    """A peer can't be had here; the message says why."""


class Unlike(Exception):
    """A peer did not get what it would get from Salesforce; the message says what."""


@dataclass(frozen=True)
class Place:
    """Where a peer runs.

    Attributes:
        server: The org, over http and https; each peer has one of its own.
        tools: Where peers are installed.
        folder: For files of this run.
    """

    server: EmulatorServer
    tools: Path
    folder: Path


@dataclass(frozen=True)
class Peer:
    """A program and its script.

    Attributes:
        name: On the command line.
        install: Makes it ready in a folder; what it is, with its version. Raises `Missing`.
        script: Raises `Unlike` where the emulator is not like Salesforce.
    """

    name: str
    install: Callable[[Path], str]
    script: Callable[[Place], None]


def have(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    cwd: Path | None = None,
    seconds: float = _RUN_SECONDS,
) -> str:
    """What a command prints.

    Raises:
        Missing: There is no such program.
        Unlike: It failed.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=seconds, cwd=cwd,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
    except OSError as error:
        raise Missing(f"{command[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Unlike(f"{' '.join(command[:3])} took longer than {seconds:g} s") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise Unlike(f"{' '.join(command[:4])}: {' / '.join(lines[-8:])}")
    return done.stdout


def expect(what: str, found: object, wanted: object) -> None:
    """See that a peer has found what there is.

    Raises:
        Unlike: It has not.
    """
    if found != wanted:
        raise Unlike(f"{what}: {found!r} instead of {wanted!r}")


def pip_install(folder: Path, *packages: str) -> None:
    """Put packages into a virtual environment of their own, once.

    Raises:
        Missing: They can't be installed.
    """
    if (folder / "ready").exists():
        return
    try:
        have([sys.executable, "-m", "venv", "--clear", str(folder)], seconds=INSTALL_SECONDS)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
        have([*pip, *packages], seconds=INSTALL_SECONDS)
    except Unlike as error:
        raise Missing(str(error)) from None
    (folder / "ready").touch()


def has_python(folder: Path, package: str) -> str:
    """The version of a package in a virtual environment."""
    show = f"from importlib.metadata import version; print(version({package!r}))"
    return have([str(folder / "bin/python"), "-c", show]).strip()
