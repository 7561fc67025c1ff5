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

ATTEMPTS: Final = 40


@dataclass
class Round:
    """What one seed came to.

    Attributes:
        kills: How often the program was killed.
        partial: How often it ended with failures of its own.
    """

    seed: int
    kills: int = 0
    partial: int = 0
    wrong: list[str] = field(default_factory=list)

    def until_complete(
        self,
        start: Callable[[], ForkServerProcess],
        chance: random.Random,
        *,
        growth: float,
        harmless: Collection[int],
    ) -> None:
        """Kill and start again until the program completes.

        Args:
            start: Makes a process of it, to be started.
            chance: Decides when it is killed.
            growth: By how much longer it may live after each kill.
            harmless: Exit statuses of a program that the faults let change nothing.
        """
        patience = 0.3
        for _ in range(ATTEMPTS):
            process = start()
            process.start()
            process.join(chance.uniform(0, patience))
            if process.is_alive():
                process.kill()
                process.join()
                self.kills += 1
                patience *= growth
            elif process.exitcode == 0:
                return
            elif process.exitcode == 4:
                self.partial += 1
            elif process.exitcode not in harmless:
                break
        self.wrong.append(f"never completed, last exit {process.exitcode}")


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
    kills = partial = 0
    for seed in range(given.first_seed, given.first_seed + given.rounds):
        done = run(seed)
        kills, partial = kills + done.kills, partial + done.partial
        if done.wrong:
            sys.exit(f"seed {seed}: {done.wrong}")
    sys.stdout.write(f"{given.rounds} rounds, {kills} kills, {partial} partial runs: all well\n")
