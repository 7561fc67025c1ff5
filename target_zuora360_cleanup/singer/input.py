"""Standard input that comes to its end when the run is to stop.

A tap may write nothing for hours, and a read that waits for it hears of no signal. So each read
waits for the tap and for the stop together; after a stop the stream looks as if it had ended.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

from typing_extensions import override

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


_BLOCK: Final = 2**16


class Stop(Protocol):
    """What ends a read that waits."""

    def wait(self, seconds: float | None = None, *, file: int | None = None) -> bool:
        """Wait until it is set, or the file can be read; whether it is set."""


class StoppableInput(io.RawIOBase):
    """A binary stream that ends early once a stop is set.

    Args:
        source: Such as `sys.stdin.buffer`; one that is no file of the system never waits.
        stop: Ends it.
    """

    def __init__(self, source: IO[bytes], stop: Stop) -> None:
        self._source = source
        self._stop = stop
        self._file = _file_of(source)
        self._read = getattr(source, "read1", source.read)

    @override
    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        """What has come, `size` bytes at most; empty at the end."""
        if self._stop.wait(None if self._file is not None else 0, file=self._file):
            return b""
        return self._read(size) or b""

    @override
    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self.read1(len(view))
        view[: len(chunk)] = chunk
        return len(chunk)


def stoppable(source: IO[str] | None, stop: Stop) -> IO[bytes] | None:
    """The bytes of a text stream, standard input by default; None where that was closed."""
    source = source or sys.stdin
    if isinstance(source, io.StringIO):
        return io.BytesIO(source.getvalue().encode())
    buffer = getattr(source, "buffer", None)
    return buffer and cast("IO[bytes]", StoppableInput(buffer, stop))


def read_off(source: IO[str] | None) -> None:
    """Read a pipe to its end, and make nothing of it; standard input by default.

    Whoever writes to it would break otherwise: Meltano hides what was wrong below a traceback.
    """
    buffer = getattr(source or sys.stdin, "buffer", None)
    file = None if buffer is None else _file_of(buffer)
    if file is not None and stat.S_ISFIFO(os.fstat(file).st_mode):
        while os.read(file, _BLOCK):
            pass


def _file_of(source: IO[bytes]) -> int | None:
    try:
        return source.fileno()
    except (OSError, AttributeError, ValueError):
        return None
