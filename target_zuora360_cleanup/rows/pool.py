"""Threads that do a few things at once and keep no process alive.

Python waits at its exit for the threads of a `ThreadPoolExecutor`, so that one request without an
answer would hold a process that has written its report and wants to end.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Pool:
    """Does what it is given, so many things at once; each has a daemon thread of its own.

    At the end of a `with` block all has ended. For one thread.

    Args:
        size: How many things are done at once.
        name: Of its threads.
    """

    def __init__(self, size: int, name: str) -> None:
        self._free = threading.BoundedSemaphore(max(1, size))
        self._name = name
        self._given: set[Future[object]] = set()

    def submit(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done; the future has its result, or what it raised."""
        future: Future[T] = Future()

        def do() -> None:
            with self._free:
                try:
                    future.set_result(job(*args, **kwargs))
                except BaseException as exc:  # noqa: BLE001 - whoever has the future gets it
                    future.set_exception(exc)

        self._given = {each for each in self._given if not each.done()}
        self._given.add(future)  # type: ignore[arg-type]
        threading.Thread(target=do, daemon=True, name=self._name).start()
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        wait(self._given)
