"""Meltano's own commands in a process that is forked with Meltano imported, which takes seconds.

For what tests look at or set up; what is tested runs the real program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.forked import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 120


def call(
    words: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command in a project."""
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "out", Path(name) / "err"
        args = tuple(words), str(folder), dict(environ), *map(str, files)
        process = CONTEXT.Process(target=_meltano, args=args)
        process.start()
        process.join(SECONDS)
        assert process.exitcode is not None, f"meltano {' '.join(words)} does not end"
        out, err = (each.read_text(encoding="utf-8") for each in files)
    return subprocess.CompletedProcess(["meltano", *words], process.exitcode, out, err)


def _meltano(
    words: tuple[str, ...], folder: str, environ: dict[str, str], out: str, err: str
) -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["meltano", *words]
    from meltano.cli import main

    main()
