"""Progress as live bars on a terminal, one for each object type under way.

What is done leaves a line behind, so that forty object types need no forty lines at once. Where
there is no terminal, `follow` logs plain lines instead.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text
from typing_extensions import override

from target_zuora360_cleanup.output.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from rich.progress import Task

    from target_zuora360_cleanup.output.progress import ProgressListener


class _Rate(ProgressColumn):
    """Rows per second over the last half minute."""

    @override
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "", justify="right")


@dataclass
class _Kind:
    """An object type under way.

    Attributes:
        began: When, in seconds of the clock.
        done: Rows done by each part of the attempt under way.
    """

    task: TaskID
    began: float
    done: dict[object, int] = field(default_factory=dict)


class ProgressBars:
    """A `ProgressListener` that draws bars. Safe for several threads; draws while it is entered.

    Args:
        console: Where to draw, stderr by default.
        clock: Seconds that only grow.

    Log lines that are written meanwhile must go through the same console (`rich.logging`), or they
    break the bars.
    """

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}", justify="right"),
            _Rate(),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
            get_time=clock,
        )
        self._kinds: dict[str, _Kind] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def begin(self, name: str, found: int) -> None:
        """An object type begins, or a further attempt at what is left of it: so many rows."""
        with self._lock:
            kind = self._kinds.get(name)
            if kind is None:
                self._kinds[name] = _Kind(self._bars.add_task(name, total=found), self._clock())
            else:
                kind.done.clear()
                self._bars.reset(kind.task, total=found)

    def update(self, name: str, part: object, done: int) -> None:
        """A part (a job) of an object type has done so many rows so far."""
        with self._lock:
            kind = self._kinds[name]
            kind.done[part] = done
            self._bars.update(kind.task, completed=sum(kind.done.values()))

    def end(self, name: str, deleted: int, failed: int) -> None:
        """An object type is done: its bar makes room, a line stays."""
        with self._lock:
            kind = self._kinds.pop(name)
            self._bars.remove_task(kind.task)
        failures = f", {failed:,} failed" if failed else ""
        seconds = self._clock() - kind.began
        self._bars.console.print(
            Text(
                f"{name}: {deleted:,} deleted{failures} in {seconds:.1f} s", "red" if failed else ""
            )
        )


@contextmanager
def follow(console: Console | None = None) -> Iterator[ProgressListener]:
    """Bars where the console (stderr by default) is a terminal, plain log lines elsewhere."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield Progress()
        return
    with ProgressBars(console) as bars:
        yield bars
