"""Progress bars, drawn on a terminal that is a string."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from target_zuora360_cleanup.output.progress import Progress
from target_zuora360_cleanup.output.progress_bars import ProgressBars, follow


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def terminal() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, width=120, color_system=None, _environ={"TERM": "xterm"}
    )
    return console, out


def drawn(out: io.StringIO) -> list[str]:
    """All lines that were drawn, without control sequences."""
    text = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", out.getvalue())
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_a_bar_says_rows_done_of_rows_found_and_the_rate() -> None:
    console, out = terminal()
    clock = Clock()
    with ProgressBars(console, clock) as bars:
        bars.begin("Invoice", 10_000)
        for _ in range(2):
            clock.now += 10
            bars.update("Invoice", "one job", 2_000 + 1_000 * int(clock.now > 115))
            bars.update("Invoice", "another", 500)
    last = drawn(out)[-1]
    assert last.startswith("Invoice")
    assert "3,500 of 10,000" in last
    assert "rows/s" in last


def test_what_is_done_leaves_a_line_and_no_bar() -> None:
    console, out = terminal()
    clock = Clock()
    with ProgressBars(console, clock) as bars:
        bars.begin("Invoice", 10)
        bars.begin("Payment", 20)
        clock.now += 2.5
        bars.end("Invoice", 7, 3)
    assert "Invoice: 7 deleted, 3 failed in 2.5 s" in out.getvalue()
    last = drawn(out)[-1]
    assert last.startswith("Payment")
    assert "0 of 20" in last


def test_a_further_attempt_begins_the_bar_again() -> None:
    console, out = terminal()
    with ProgressBars(console, Clock()) as bars:
        bars.begin("Invoice", 10)
        bars.update("Invoice", "job", 8)
        bars.begin("Invoice", 2)
        bars.update("Invoice", "job of the second round", 1)
    assert "1 of 2" in drawn(out)[-1]


def test_names_are_no_markup() -> None:
    console, out = terminal()
    with ProgressBars(console, Clock()) as bars:
        bars.begin("[bold]x[/]", 1)
        bars.update("[bold]x[/]", 1, 1)
        bars.end("[bold]x[/]", 1, 0)
    assert "[bold]x[/]: 1 deleted" in out.getvalue()


def test_bars_may_be_moved_by_several_threads() -> None:
    console, out = terminal()
    names = [f"Object{number}" for number in range(8)]
    with ProgressBars(console) as bars:

        def work(name: str) -> None:
            bars.begin(name, 50)
            for done in range(50):
                bars.update(name, done % 5, done)
            bars.end(name, 50, 0)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, names))
    assert all(f"{name}: 50 deleted" in out.getvalue() for name in names)


def test_the_cursor_is_shown_again_after_an_error() -> None:
    console, out = terminal()
    with pytest.raises(KeyError), ProgressBars(console, Clock()) as bars:
        bars.update("never begun", "job", 1)
    shows, hides = "\x1b[?25h", "\x1b[?25l"
    assert out.getvalue().rindex(shows) > out.getvalue().rindex(hides)


def test_where_there_is_no_terminal_lines_are_logged() -> None:
    out = io.StringIO()
    with follow(Console(file=out, force_terminal=False)) as listener:
        assert isinstance(listener, Progress)
    assert out.getvalue() == ""


def test_on_a_terminal_bars_are_drawn() -> None:
    console, out = terminal()
    with follow(console) as listener:
        listener.begin("Invoice", 10)
    assert "0 of 10" in out.getvalue()
