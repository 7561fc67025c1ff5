"""Peers that come by npm: the Salesforce CLI with sfdmu, and jsforce, with a Node of their own."""

from __future__ import annotations

import json
import os
import platform
import shutil
from typing import TYPE_CHECKING, Final

from tests.peers.peer import INSTALL_SECONDS, Missing, Unlike, have

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["installed", "node_env", "version_of"]

_MACHINES: Final = {"x86_64": "x64", "aarch64": "arm64"}
_MACHINE: Final = _MACHINES.get(platform.machine(), platform.machine())
_NODE: Final = f"node-{platform.system().lower()}-{_MACHINE}"
"""The package with a Node: the CLI needs a newer one than many systems have."""


def installed(tools: Path, name: str, *packages: str) -> Path:
    """Install packages into a folder of their own, once; returns it.

    Raises:
        Missing: npm is not there, or can't install them.
    """
    folder = tools / name
    if (folder / "ready").exists():
        return folder
    if shutil.which("npm") is None:
        raise Missing("npm is not there")
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        f"--prefix={folder}",
        *packages,
        f"{_NODE}@22",
    ]
    try:
        have(command, seconds=INSTALL_SECONDS)
    except Unlike as error:
        raise Missing(str(error)) from None
    (folder / "ready").touch()
    return folder


def node_env(folder: Path) -> dict[str, str]:
    """An environment in which the folder's programs run with its own Node."""
    modules = folder / "node_modules"
    node = modules / _NODE / "bin"
    return {"PATH": os.pathsep.join([str(node), str(modules / ".bin"), os.environ["PATH"]])}


def version_of(folder: Path, package: str) -> str:
    """The version of a package."""
    text = (folder / "node_modules" / package / "package.json").read_text(encoding="utf-8")
    return str(json.loads(text)["version"])
