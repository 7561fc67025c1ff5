"""Cuts a stream of bytes into blocks of whole lines, as they come and in little memory."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from target_zuora360_cleanup.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Blocks"]


@dataclass
class Blocks:
    """Blocks of whole lines, to be iterated over once; at most the longest line and a chunk long.

    Attributes:
        source: a binary stream; None stands for a standard input that was closed.
        chunk_size: bytes to ask for at once. Fewer are taken when that is what has come.
        rest: at the end, what follows the last newline.
    """

    source: IO[bytes] | None
    chunk_size: int
    rest: bytes = field(default=b"", init=False)

    def __iter__(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        while chunk := self._read():
            if end := chunk.rfind(b"\n") + 1:
                yield b"".join((*parts, memoryview(chunk)[:end]))
                parts = [chunk[end:]]
            else:
                parts.append(chunk)
        self.rest = b"".join(parts)

    def drain(self) -> None:
        """Throw away what is left, to the end and without complaint."""
        with contextlib.suppress(InputError):
            while self._read():
                pass

    def _read(self) -> bytes:
        if self.source is None:
            return b""
        # read() would wait until a whole chunk has come.
        read = getattr(self.source, "read1", self.source.read)
        try:
            return read(self.chunk_size) or b""
        except (OSError, ValueError) as error:
            raise InputError(
                f"The tap's stream can't be read to its end ({error}). "
                "Check that the tap is still running and that stdin is open."
            ) from error
