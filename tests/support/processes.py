"""The target as a process of the tests' own."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import struct
import subprocess
import sys
import tempfile
import termios
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.support.forked import TARGET, fork

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.forked import Forked

SCRIPT = str(Path(sys.executable).with_name("target-zuora360-cleanup"))
SECONDS = 60


def environ() -> dict[str, str]:
    """This process's environment, without anything of Meltano's or the target's."""
    mine = ("MELTANO_", "TARGET_ZUORA360_", "SINGER_SDK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)}


def call_script(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run the installed script to its end."""
    done = subprocess.run(
        [SCRIPT, *words],
        input=given,
        env=environ(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def call(
    *words: str, given: bytes = b"", program: str = TARGET, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the target, or another program, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "stdout"), Path(folder, "stderr")
        process = fork(program, words, environ() if env is None else env, out, err)
        try:
            # (it may have ended without reading; what is buffered is written when it is closed)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(given)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            status = process.wait(SECONDS)
        finally:
            process.kill()
        assert "Traceback" not in err.read_text(), err.read_text()
        return subprocess.CompletedProcess(words, status, out.read_text(), err.read_text())


@dataclass(frozen=True)
class Started:
    """A target that waits for its stream."""

    process: Forked
    out: Path
    err: Path
    output: Path

    @property
    def stdin(self) -> IO[bytes]:
        return self.process.stdin

    def send(self, data: bytes) -> None:
        """Write to its stdin; a BrokenPipeError says that nobody reads any more."""
        self.stdin.write(data)
        self.stdin.flush()

    def end(self) -> int:
        """Close its stdin and wait; its exit status."""
        self.stdin.close()
        return self.process.wait(SECONDS)

    def has_read_all(self) -> bool:
        """Whether nothing is left in the pipe, and it is reading on."""
        waiting = fcntl.ioctl(self.stdin.fileno(), termios.FIONREAD, struct.pack("i", 0))
        return struct.unpack("i", waiting) == (0,)

    @property
    def states(self) -> list[dict[str, Any]]:
        """Each line of its stdout, which must be JSON."""
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    @property
    def log(self) -> str:
        return self.err.read_text()

    @property
    def report(self) -> dict[str, Any]:
        (path,) = self.output.glob("*/report.json")
        report: dict[str, Any] = json.loads(path.read_text())
        return report


@contextmanager
def started(folder: Path, config: dict[str, Any]) -> Iterator[Started]:
    """Start the target; it is killed if a test leaves it behind."""
    file, out, err = folder / "config.json", folder / "stdout", folder / "stderr"
    output = folder / "output"
    file.write_text(json.dumps({**config, "output_dir": str(output)}))
    out.touch()
    err.touch()
    process = fork(TARGET, ["--config", str(file)], environ(), out, err)
    try:
        yield Started(process, out, err, output)
    finally:
        process.kill()
