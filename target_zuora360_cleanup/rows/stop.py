"""The wish to stop: set once, by a signal, and seen by whoever waits or begins something.

A flag is a pipe that has something in it once the flag is set: no lock is taken, so that a signal
handler may set it whatever the thread below it is doing, and a thread may wait for it together with
another file.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MUCH: Final = 4096


class Stopped(Exception):
    """The run was asked to stop; what runs on the server is left to run."""


class Flag:
    """Is set once, by any thread or signal handler, and waited for by any number of threads."""

    def __init__(self) -> None:
        self._is_set = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        weakref.finalize(self, _close, self._read, self._write)

    def set(self) -> None:
        """Set it; again changes nothing."""
        if not self._is_set:
            self._is_set = True
            self._put_in()

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._is_set

    def fileno(self) -> int:
        """A file that can be read without waiting once the flag is set."""
        return self._read

    def wait(self, seconds: float | None = None, *, file: int | None = None) -> bool:
        """Wait until it is set.

        Args:
            seconds: How long at most; None is for ever.
            file: A file whose being ready to be read ends the wait too.

        Returns:
            Whether it is set.
        """
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        if file is not None:
            poll.register(file, select.POLLIN)
        until = None if seconds is None else time.monotonic() + seconds
        while not self._is_set:
            ready = poll.poll(until and max(0.0, until - time.monotonic()) * 1000)
            if not ready or any(each != self._read for each, _ in ready):
                break
            self._take_out()
        return self._is_set

    def _take_out(self) -> None:
        """Empty the pipe of what a signal without a handler of ours has put in."""
        with suppress(BlockingIOError):
            os.read(self._read, _MUCH)
        if self._is_set:
            # (set meanwhile: the others still wait for what was taken out)
            self._put_in()

    def _put_in(self) -> None:
        # (a pipe that is full of other signals can be read as well)
        with suppress(BlockingIOError):
            os.write(self._write, b"!")


class Stop(Flag):
    """Set by a signal: nothing more is begun from then on.

    Attributes:
        by: Name of the first signal; blank before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.by = ""

    def request(self, by: str) -> bool:
        """Ask to stop; false where that was asked before."""
        is_first = not self.is_set()
        self.by = self.by or by
        self.set()
        return is_first

    def pause(self, seconds: float) -> None:
        """Wait so many seconds.

        Raises:
            Stopped: The run is to stop.
        """
        if self.wait(seconds):
            raise Stopped

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Within, a signal ends the main thread's waits, whichever thread the system gave it to."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)


def _close(*files: int) -> None:
    for each in files:
        os.close(each)
