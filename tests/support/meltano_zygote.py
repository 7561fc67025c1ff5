"""Meltano's commands from a process that has imported it already and forks for each of them.

To import Meltano takes two seconds, and a cleanup of paired states runs its `state` commands by the
dozen. `Zygote.program` is a program that takes Meltano's place: it hands its words, folder,
environment and files to the zygote, which forks and runs what `meltano` runs.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, Self

_WORDS_BYTES: Final = 1 << 22
_CLIENT: Final = """\
#!{python}
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as zygote:
    zygote.connect({address!r})
    given = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(zygote, [len(given).to_bytes(8, "big")], [0, 1, 2])
    zygote.sendall(given)
    sys.exit(int(zygote.recv(8) or b"70"))
"""


@cache
def forking_meltano() -> Path:
    """The program, for all tests of this process."""
    zygote = Zygote()
    atexit.register(zygote.__exit__)
    return zygote.__enter__().program


class Zygote:
    """A zygote and the program that asks it; ends with the process that has started it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zuora360-meltano-")
        self._address = str(Path(self._folder.name) / "socket")
        self.program = Path(self._folder.name) / "meltano"
        self.program.write_text(_CLIENT.format(python=sys.executable, address=self._address))
        self.program.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

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
        self._folder.cleanup()


def serve(number: int) -> None:
    """Fork for every connection; a grandchild runs the command, a child waits for it."""
    import meltano.cli  # noqa: F401 - the point of it all

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
    """Run one command in a process of its own and tell its exit status."""
    head, files, _, _ = socket.recv_fds(asked, 8, 3)
    given = b""
    while len(given) < int.from_bytes(head, "big"):
        given += asked.recv(_WORDS_BYTES)
    words, folder, environ = json.loads(given)
    child = os.fork()
    if child == 0:
        asked.close()
        os._exit(_meltano(words, folder, environ, files))
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        asked.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _meltano(words: list[str], folder: str, environ: dict[str, str], files: list[int]) -> int:
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["meltano", *words]
    from meltano.cli import main

    try:
        main()
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
