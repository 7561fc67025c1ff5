"""Meltano and the plugin's programs, forked from a process that has imported all of them already.

To import Meltano takes two seconds, the plugin one, and a `meltano run` starts each of them and
Meltano's Python once more, which the plugin asks. The programs in `Zygote.folder` take their place:
each hands its words, folder, environment and files to the zygote, which forks and runs what the
real one runs. That the installed ones do the same is tested by tests that take those.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, Self

from tests.support.imports import ON_THEIR_WAY

_WORDS_BYTES: Final = 1 << 22
_PROGRAMS: Final = {
    "meltano": "meltano.cli",
    "target-zuora360-cleanup": "target_zuora360_cleanup.target",
    "zuora360": "target_zuora360_cleanup.cli",
}
"""Each with the module that has its `main`."""
_LATER: Final = (
    "alembic.config",
    "anyio._backends._asyncio",
    "meltano.core.meltano_file",
    "meltano.core.state_store.azure",
    "meltano.core.state_store.google",
    "meltano.core.state_store.s3",
    "meltano.migrations.utils.dialect_typing",
    "sqlalchemy.dialects.sqlite",
    "target_zuora360_cleanup.lifecycle.context",
    "target_zuora360_cleanup.output.progress",
    *ON_THEIR_WAY,
)
"""What they import on their way."""
_PYTHON: Final = """\
#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as zygote:
    zygote.connect({address!r})
    given = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(zygote, [len(given).to_bytes(8, "big")], [0, 1, 2])
    zygote.sendall(given)
    pid = int.from_bytes(zygote.recv(8), "big")
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _: os.kill(pid, number))
    status = int(zygote.recv(8) or b"70")
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
sys.exit(status)
"""
"""What the programs name as their Python: it runs a script as Python does, but in a fork."""


@cache
def forking_programs() -> Path:
    """The folder of programs, for all tests of this process."""
    zygote = Zygote()
    atexit.register(zygote.__exit__)
    return zygote.__enter__().folder


class Zygote:
    """A zygote and the programs that ask it; ends with the process that has started it."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="zuora360-meltano-")
        self.folder = Path(self._temporary.name)
        self._address = str(self.folder / "socket")
        python = self.folder / "python"
        self._write(python, _PYTHON.format(python=sys.executable, address=self._address))
        for name in _PROGRAMS:
            self._write(self.folder / name, f"#!{python}\n")
        self._process: subprocess.Popen[bytes] | None = None

    def _write(self, program: Path, text: str) -> None:
        program.write_text(text)
        program.chmod(0o755)

    def __enter__(self) -> Self:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._address)
        listening.listen(64)
        command = [sys.executable, "-m", "tests.support.meltano_zygote", str(listening.fileno())]
        self._process = subprocess.Popen(
            command, pass_fds=[listening.fileno()], stdin=subprocess.DEVNULL
        )
        listening.close()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
        self._temporary.cleanup()


def serve(number: int) -> None:
    """Fork for every connection; a grandchild runs the program, a child waits for it."""
    for module in (*_PROGRAMS.values(), *_LATER):
        import_module(module)
    gc.freeze()  # (or each fork's collector would walk over all of it)
    with socket.socket(fileno=number) as listening:
        while True:
            asked, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(asked)
            asked.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _answer(asked: socket.socket) -> None:
    """Run one program in a process of its own; tell which that is, and its exit status."""
    head, files, _, _ = socket.recv_fds(asked, 8, 3)
    given = b""
    while len(given) < int.from_bytes(head, "big"):
        given += asked.recv(_WORDS_BYTES)
    words, folder, environ = json.loads(given)
    child = os.fork()
    if child == 0:
        asked.close()
        os._exit(_run(words, folder, environ, files))
    for file in files:
        os.close(file)
    with suppress(OSError):
        asked.sendall(child.to_bytes(8, "big"))
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        asked.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(words: list[str], folder: str, environ: dict[str, str], files: list[int]) -> int:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    sys.argv = words
    name = Path(words[0]).name
    try:
        if name in _PROGRAMS:
            import_module(_PROGRAMS[name]).main()
        else:
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(bool(exc.code))
    except BaseException:  # noqa: BLE001 - as the interpreter does at the end of a program
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve(int(sys.argv[1]))
