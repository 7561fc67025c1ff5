"""Rounds, each of a seed: a program is killed and started again until it completes."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

ATTEMPTS: Final = 40
_GROWTH: Final = 1.8
_LOOK_SECONDS: Final = 0.003


@dataclass
class Round:
    """What one seed came to.

    Attributes:
        kills: How often the program was killed.
        midway: How often that was after it had changed a row.
        partial: How often it ended with failures of its own.
        has_changed: Whether a row has changed since the program was last started.
    """

    seed: int
    kills: int = 0
    midway: int = 0
    partial: int = 0
    has_changed: bool = False
    wrong: list[str] = field(default_factory=list)

    def until_complete(  # noqa: PLR0913 - what is killed, and when
        self,
        start: Callable[[], ForkServerProcess],
        log: Path,
        chance: random.Random,
        *,
        asked: Callable[[], int],
        first: int,
        harmless: Collection[int],
    ) -> None:
        """Kill and start again until the program completes, which it has to do without a traceback.

        Args:
            start: Makes a process of it, to be started.
            log: What the program says on stderr, of all its starts.
            chance: Decides at which request it is killed.
            asked: How many requests there have been, whoever has made them.
            first: Within how many the first kill strikes; after each there may be more.
            harmless: Exit statuses of a program that the faults let change nothing.
        """
        last = self._last_exit(start, chance, asked, first, harmless)
        said = log.read_text(encoding="utf-8")
        if last != 0 or "Traceback" in said:
            where = said.find("Traceback")
            told = said[where : where + 3000] if where >= 0 else said[-2000:]
            self.wrong.append(f"last exit {last}: {told}")

    def _last_exit(
        self,
        start: Callable[[], ForkServerProcess],
        chance: random.Random,
        asked: Callable[[], int],
        first: int,
        harmless: Collection[int],
    ) -> int | None:
        patience, last = float(first), None
        for _ in range(ATTEMPTS):
            process, self.has_changed = start(), False
            last_request = asked() + chance.uniform(0, patience)
            process.start()
            while process.is_alive() and asked() <= last_request:
                process.join(_LOOK_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
                self.kills += 1
                self.midway += self.has_changed
                patience *= _GROWTH
            elif process.exitcode == 4:
                self.partial += 1
            elif process.exitcode not in harmless:
                return process.exitcode
            last = process.exitcode
        return last


def run_rounds(run: Callable[[int], Round], description: str, *, rounds: int) -> None:
    """Run as many rounds as the command line asks for, and say how they went.

    Args:
        run: Runs the round of a seed.
        description: What the rounds do, for `--help`.
        rounds: How many where the command line does not say.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args()
    kills = midway = partial = 0
    for seed in range(given.first_seed, given.first_seed + given.rounds):
        done = run(seed)
        kills, midway = kills + done.kills, midway + done.midway
        partial += done.partial
        if done.wrong:
            sys.exit(f"seed {seed}: {done.wrong}")
    sys.stdout.write(
        f"{given.rounds} rounds, {kills} kills, {midway} of them midway, {partial} partial runs: "
        "all well\n"
    )
