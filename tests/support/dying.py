"""A process that dies between two requests to Salesforce, or in one, and has told nobody."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from unittest import mock

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Died(BaseException):
    """A loader's process is no more."""


@contextlib.contextmanager
def dying(requests: int | None, *, in_request: bool) -> Iterator[None]:
    """Have a process die after so many requests; None to have it live."""
    if requests is None:
        yield
        return
    send: Callable[..., Any] = HTTPAdapter.send
    left = requests

    def count(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == -1 and in_request:
            send(*args, **kwargs)
        if left < 0:
            raise Died
        return send(*args, **kwargs)

    with mock.patch.object(HTTPAdapter, "send", count):
        yield
