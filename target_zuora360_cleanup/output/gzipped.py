"""Reads the gzipped CSV files that runs leave, also those that a killed one left half written."""

from __future__ import annotations

import gzip
import io
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

_BLOCK_BYTES: Final = 1 << 16


def lines(path: Path) -> Iterator[str]:
    """The lines of a file, with their ends; one that is cut off is left out, and that is said.

    Raises:
        OSError, zlib.error, UnicodeDecodeError: The file is damaged, or can't be read.
    """
    for block in whole_lines(path):
        yield from io.StringIO(block.decode(), newline="")


def whole_lines(path: Path) -> Iterator[bytes]:
    """Blocks of whole lines. A last line without an end is half of one, so it is left out.

    Raises:
        OSError, zlib.error: The file is damaged, or can't be read.
    """
    rest = b""
    with gzip.open(path) as file:
        try:
            while chunk := file.read1(_BLOCK_BYTES):
                block, end, rest = (rest + chunk).rpartition(b"\n")
                if end:
                    yield block + end
        except EOFError:
            logger.warning(
                "%s ends too early: the cleanup was killed while it wrote it. What is whole in it "
                "is used.",
                path,
            )
