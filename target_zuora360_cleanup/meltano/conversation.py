"""Asks Meltano's own code: one start of Meltano's Python, and a line for each question."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import simplejson

from target_zuora360_cleanup.meltano.command import MeltanoFailed
from target_zuora360_cleanup.meltano.pipeline import own_plugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.meltano.command import Meltano
    from target_zuora360_cleanup.meltano.pipeline import Pipeline

SECONDS: Final = 120.0
"""An answer takes milliseconds, the first one two seconds; for a locked state Meltano waits."""
_SCRIPT: Final = Path(__file__).parent / "inside/answers.py"
_PASSWORD: Final = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")
_MOST_CHARACTERS: Final = 300
_CHUNK: Final = 1 << 16


class Conversation:
    """One start of Meltano for a run. Safe for several threads, which take turns.

    The program is begun with the first question, or earlier by `begin`, so that it gets ready while
    other things are done. It ends with this process, or by `end`; where it has ended early it is
    begun once more.

    Args:
        meltano: Whom to ask.
        pipeline: The pipeline around this process.
    """

    def __init__(self, meltano: Meltano, pipeline: Pipeline) -> None:
        self._meltano = meltano
        self.pipeline = pipeline
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._left = b""
        self._is_greeted = False

    @property
    def around(self) -> tuple[str, ...]:
        """What the Meltano that runs this process was told to do; none where it is not known."""
        return self._meltano.words

    def begin(self) -> None:
        """Start the program without waiting for it.

        Raises:
            MeltanoFailed: It can't be started.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self.end()
            if self._process is None:
                self._start()

    def _start(self) -> None:
        if not (python := self._meltano.python):
            raise MeltanoFailed(
                f"The Python of '{self._meltano.command[0]}' can't be told: it is no Python "
                "script. Set meltano_executable to the `meltano` in the virtual environment that "
                "it is installed in."
            )
        meltano = self._meltano
        environ = {
            **(meltano.around or meltano.environ),
            **_root(meltano.environ),
            "NO_COLOR": "1",
            "MELTANO_CLI_LOG_LEVEL": "warning",
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        self._left, self._is_greeted = b"", False
        try:
            self._process = subprocess.Popen(  # noqa: S603 - Meltano, as the user has installed it
                [python, str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                cwd=self._meltano.folder,
                env=environ,
                # (The terminal's Ctrl-C is for this program, which still has states to see to.)
                start_new_session=True,
            )
        except OSError as exc:
            self._log.close()
            raise MeltanoFailed(f"Meltano could not be started ({exc.strerror or exc}).") from None
        is_within = bool(meltano.words) or own_plugin(meltano.environ) is not None
        self._send(
            {
                "words": meltano.words,
                "environment": self.pipeline.environment,
                "is_within": is_within,
            }
        )

    def ask(self, what: str, **given: Any) -> Any:  # noqa: ANN401 - JSON
        """What Meltano answers to a question.

        Raises:
            MeltanoFailed: It fails, or does not answer in time.
        """
        with self._lock:
            self.begin()
            if not self._is_greeted:
                self._greet()
            self._send({"ask": what, **given})
            return self._answer()

    def _greet(self) -> None:
        """Wait until the program is ready."""
        try:
            self._answer()
        except MeltanoFailed:
            self.end()
            raise
        self._is_greeted = True

    def _send(self, question: dict[str, Any]) -> None:
        process = self._process
        if process and process.stdin:
            try:
                process.stdin.write(simplejson.dumps(question, use_decimal=True).encode() + b"\n")
                process.stdin.flush()
            except OSError:
                raise self._ended() from None

    def _answer(self) -> Any:  # noqa: ANN401 - JSON
        line = self._line(time.monotonic() + SECONDS)
        try:
            # (numbers of a state are kept to the last digit that Meltano has)
            answer = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError):
            self.end()
            raise MeltanoFailed("Meltano's answer could not be read.") from None
        if "error" in answer:
            raise MeltanoFailed(f"Meltano says: {_without_passwords(answer['error'])}")
        return answer["answer"]

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._left:
            self._left += self._chunk(deadline - time.monotonic())
        line, _, self._left = self._left.partition(b"\n")
        return line

    def _chunk(self, seconds: float) -> bytes:
        if not self._process or not self._process.stdout:
            raise MeltanoFailed("Meltano has ended.")
        number = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(number, select.POLLIN)
        if not poll.poll(max(seconds, 0) * 1000):
            self.end()
            raise MeltanoFailed(f"Meltano did not answer within {SECONDS:.0f} s.")
        if chunk := os.read(number, _CHUNK):
            return chunk
        raise self._ended()

    def _ended(self) -> MeltanoFailed:
        """The program is no more; what is to be told of it."""
        words = self._last_words()
        self.end()
        return MeltanoFailed(f"Meltano has ended: {words}")

    def _last_words(self) -> str:
        """The last line of what the program says, without passwords."""
        if self._log is None:
            return "nothing was said."
        self._log.seek(0)
        text = self._log.read().decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return _without_passwords(lines[-1] if lines else "nothing was said.")

    def end(self) -> None:
        """End the program, if it runs."""
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            process.kill()
            for pipe in (process.stdin, process.stdout, self._log):
                if pipe:
                    _close(pipe)
            process.wait()


def _root(environ: Mapping[str, str]) -> dict[str, str]:
    name = "MELTANO_PROJECT_ROOT"
    return {name: environ[name]} if name in environ else {}


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # (what was still to be written has nobody to read it)


def _without_passwords(text: str) -> str:
    words = _PASSWORD.sub(r"\1:…@", " ".join(text.split()))
    return words if len(words) <= _MOST_CHARACTERS else f"{words[:_MOST_CHARACTERS]} …"
