"""The wish to stop: set once, by a signal, and seen by whoever waits or begins something.

A flag is a pipe that has something in it once the flag is set, and from then on: no lock is taken,
so that a signal handler may set it whatever the thread below it is doing, and a thread may wait for
it together with another file.
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

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

_MUCH: Final = 4096


class Stopped(Exception):
    """The run was asked to stop; what runs on the server is left to run."""


class Flag:
    """Is set once, by any thread or signal handler, and waited for by any number of threads."""

    def __init__(self) -> None:
        self._is_set = False
        self._read, self._write = _pipe(self)

    def set(self) -> None:
        """Set it; again changes nothing."""
        if not self._is_set:
            self._is_set = True
            os.write(self._write, b"!")

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
        waker, poll = self._waker(), select.poll()
        for each in (self._read, waker, file):
            if each is not None:
                poll.register(each, select.POLLIN)
        until = None if seconds is None else time.monotonic() + seconds
        while not self._is_set:
            ready = poll.poll(until and max(0.0, until - time.monotonic()) * 1000)
            if not ready or any(each != waker for each, _ in ready):
                break
            # A signal has come, perhaps one without a handler of ours.
            with suppress(BlockingIOError):
                os.read(ready[0][0], _MUCH)
        return self._is_set

    def _waker(self) -> int | None:
        """A file that can be read once this thread has to look whether the flag is set."""
        return None


class Stop(Flag):
    """Set by a signal: nothing more is begun from then on.

    Attributes:
        by: Name of the first signal; blank before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.by = ""
        self._signals, self._on_signal = _pipe(self)

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
        if not _in_main_thread():
            yield
            return
        before = signal.set_wakeup_fd(self._on_signal, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    @override
    def _waker(self) -> int | None:
        # Python runs handlers in the main thread, which must not miss a signal that another took.
        return self._signals if _in_main_thread() else None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _pipe(owner: Flag) -> tuple[int, int]:
    """A pipe that never blocks, open as long as its owner is there."""
    ends = os.pipe()
    for each in ends:
        os.set_blocking(each, False)
        weakref.finalize(owner, os.close, each)
    return ends
