"""Processes of the plugin's two programs that have their imports behind them.

Each is a process of its own, with its own signals, standard streams and exit status, forked from a
server that has imported the programs once: they start in milliseconds, where Python needs a second
and more. That the installed scripts lead to the same `main` is tested with the scripts themselves.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Final

from singer_sdk.io_base import SingerReader

from tests.support.imports import ON_THEIR_WAY

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

TARGET: Final = "target_zuora360_cleanup.target"
UTILITY: Final = "target_zuora360_cleanup.cli"
CONTEXT: Final = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        TARGET,
        UTILITY,
        *ON_THEIR_WAY,
        "tests.support.killing",
        "tests.support.killing_relink",
        "tests.support.killing_undo",
        "tests.support.frozen",
    ]
)


@dataclass(frozen=True)
class Forked:
    """A running program; to be used as a `subprocess.Popen` is."""

    process: ForkServerProcess
    stdin: IO[bytes]

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process.pid
        os.kill(self.process.pid, number)

    def wait(self, seconds: float) -> int:
        """Wait for its end; its exit status, negative for a signal."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"it runs on after {seconds} s"
        return self.process.exitcode

    def kill(self) -> None:
        """End it, if it runs, and close its stdin."""
        self.process.kill()
        self.process.join()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()


def fork(
    module: str, words: Sequence[str], environ: Mapping[str, str], out: Path, err: Path
) -> Forked:
    """Start the program that is `main` of a module.

    Args:
        module: Its name.
        words: Its arguments.
        environ: Its environment, all of it.
        out: The file for its stdout.
        err: The file for its stderr.
    """
    ours, theirs = _pipe()
    process = CONTEXT.Process(
        target=_run, args=(module, list(words), dict(environ), theirs, str(out), str(err))
    )
    process.start()
    theirs.close()
    return Forked(process, ours)


def _pipe() -> tuple[IO[bytes], Connection]:
    theirs, ours = CONTEXT.Pipe(duplex=False)
    with ours:
        return os.fdopen(os.dup(ours.fileno()), "wb"), theirs


def _run(  # noqa: PLR0913, PLR0917 - what a process is started with
    module: str,
    words: Sequence[str],
    environ: Mapping[str, str],
    stdin: Connection,
    out: str,
    err: str,
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path in ((1, out), (2, err)):
        file = os.open(path, flags)
        os.dup2(file, number)
        os.close(file)
    os.dup2(stdin.fileno(), 0)
    stdin.close()
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - a descriptor
    # (the SDK took hold of stdin when it was imported)
    SingerReader.default_input = sys.stdin
    sys.argv = [module, *words]
    import_module(module).main()
