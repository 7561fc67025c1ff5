"""Kills cleanups of some accounts at random moments until one completes; then looks closely.

    python -m tests.support.killing_accounts --rounds 1000 --first-seed 1000

Faults and kills are those of `killing`.
"""

from __future__ import annotations

import random
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.below_accounts import ACCOUNT, below
from tests.support.forked import CONTEXT
from tests.support.killing import STRICT, Tokens, faults, target
from tests.support.rounds import Round, run_rounds
from tests.support.whole_org import everything

if TYPE_CHECKING:
    from tests.support.whole_org import Rows

ORG: Final = OrgOptions(records=600, sandbox=True)
STAMPS: Final = {"SystemModstamp", "LastModifiedDate", "LastModifiedById"}


def run_round(seed: int) -> Round:
    """Kill and start again until a run completes, then compare."""
    chance, done = random.Random(seed), Round(seed)  # noqa: S311 - repeatable, no secret
    with tempfile.TemporaryDirectory() as name, EmulatorServer(ORG, STRICT) as server:
        folder, log = Path(name), Path(name) / "log"
        before = everything(server.org)
        accounts = [id_ for kind, id_ in before if kind == ACCOUNT]
        chosen = chance.sample(accounts, chance.randrange(1, len(accounts)))
        expected = below(server.org, before, chosen)
        file = folder / "chosen.csv"
        file.write_text("\n".join(chosen), encoding="utf-8")
        server.set_faults(faults(chance))
        server.org.row_hook = partial(_note_change, done)
        tokens = Tokens(server, folder / "output")
        config = {
            "mode": "cleanup", "client_id": "a", "client_secret": "b", "domain": server.url,
            "output_dir": str(folder / "output"), "only_accounts_file": str(file),
            "allow_broken_hierarchies": True, "job_size": chance.choice([50, 100_000]),
        }  # fmt: skip
        done.until_complete(lambda: CONTEXT.Process(target=target, args=(
            {**config, "refresh_token": tokens.next()}, str(folder / "states"), str(log))),
            log, chance, asked=lambda: server.service.stats.calls()["total"],
            first=100, harmless={2, 3})  # fmt: skip
        done.wrong += _differences(before, everything(server.org), expected)[:5]
    return done


def _note_change(done: Round, *_: object) -> None:
    done.has_changed = True


def _differences(before: Rows, after: Rows, expected: set[tuple[str, str]]) -> list[str]:
    """Rows that are left or gone, and values that are others, but for lookups that went blank."""
    return [
        *(f"{row} is left" for row in expected & after.keys()),
        *(f"{row} is gone" for row in before.keys() - after.keys() - expected),
        *(
            f"{row} {field} is {after[row][field]!r}"
            for row in before.keys() & after.keys()
            for field, value in before[row].items()
            if after[row][field] not in (value, None) and field not in STAMPS
        ),
    ]


def main() -> None:
    """Run many rounds and say how they went."""
    run_rounds(run_round, "Kill cleanups of some accounts until they complete.", rounds=1000)


if __name__ == "__main__":
    main()
