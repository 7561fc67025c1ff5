"""Reads the stream of mode `sync` as the SDK does, and to its end whatever comes."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager  # noqa: TC003 - part of the public shape
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Protocol

from singer_sdk.exceptions import (
    InvalidInputLine,
    InvalidJSONSchema,
    InvalidRecord,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
from singer_sdk.io_base import SingerReader
from singer_sdk.singerlib.json import deserialize_json
from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.singer.lines import broken, unknown_type

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

logger = logging.getLogger(__name__)

BROKEN_STREAM: Final = (
    InvalidInputLine,
    InvalidJSONSchema,
    InvalidRecord,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
"""What the SDK says of a stream that it can't read."""


class Interrupted(CleanupError):
    """A signal arrived while records were being loaded."""


class Told(Protocol):
    """A target that has whatever ends its run told in the report."""

    def told(self) -> AbstractContextManager[None]:
        """Has what is raised inside told."""


class SyncReader(SingerReader):
    """Hands messages on until one can't be loaded; then the rest is thrown away.

    A target that leaves early makes Meltano fail with a broken pipe, which hides the reason.
    """

    def __init__(self, target: Told) -> None:
        super().__init__()
        self._target = target
        self._line = 0

    @override
    def deserialize_json(self, line: str) -> dict[str, Any]:
        """The JSON object in a line.

        Raises:
            InputError: There is none.
        """
        self._line += 1
        try:
            if not line.isascii():
                line.encode()
            message = deserialize_json(line)
        except UnicodeEncodeError:
            raise broken(self._line, "is no UTF-8") from None
        except ValueError:
            raise broken(self._line, "is no JSON") from None
        if not isinstance(message, dict):
            raise broken(self._line, "is JSON, but no object")
        return message

    @override
    def process_lines(
        self,
        file_input: IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        source = file_input or self.default_input
        with self._target.told():
            try:
                return super().process_lines(source, callbacks)
            except Interrupted:
                raise
            except UnicodeDecodeError:
                error: Exception = broken(self._line + 1, "is no UTF-8")
            except Exception as exc:  # noqa: BLE001 - it is raised below
                error = exc
            logger.error("%s The rest of the tap's stream is not loaded.", in_words(error))
            _drain(source)
            raise error

    @override
    def _process_unknown_message(self, message_dict: dict[str, Any]) -> NoReturn:
        raise unknown_type(message_dict["type"], self._line)


def in_words(exc: Exception) -> str:
    """A sentence about what ended the reading, with nothing of a record in it."""
    if not isinstance(exc, BROKEN_STREAM):
        return str(exc)
    # (the SDK repeats whole lines in some of its messages)
    what = " ".join(str(exc).split()).partition(": {")[0].rstrip(".")
    return f"The tap's stream can't be loaded: {what}. Check what the tap writes to stdout."


def _drain(source: IO[str]) -> None:
    rest: IO[Any] = getattr(source, "buffer", source)
    while rest.read(1 << 18):
        pass
