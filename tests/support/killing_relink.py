"""Kills relinks at random moments, under random faults, until one completes; then looks closely.

python -m tests.support.killing_relink --rounds 1000 --first-seed 1000
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.added import DETACHED, JOINED, JOINED_SHAPE, added, fill, joined
from tests.support.forked import CONTEXT
from tests.support.full_sync import Zuora, lookups
from tests.support.killing import STRICT, others, spoilt, untrue
from tests.support.rounds import Round, run_rounds
from tests.support.runs import login, run
from tests.support.untouched import Image, differences

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.wire.errors import RowError

ORG: Final = OrgOptions(
    records=2000, quotes=False, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"}),
    shape=JOINED_SHAPE,
)  # fmt: skip
LINKS: Final = frozenset({"Renewal_Forecast__c.Subscription__c"}) | DETACHED


class Base:
    """An org after a cleanup and a full sync, and what it was before; to be copied."""

    def __init__(self, folder: Path) -> None:
        self.db, self.output = folder / "org.sqlite", folder / "output"
        with EmulatorServer(ORG, db=self.db) as server:
            fill(server.org)
            self.added, self.joined = added(server.org), joined(server.org)
            self.before, self.image = lookups(server.org), Image.of(server.org)
            zuora = Zuora.of(server.org)
            ran = run({"mode": "cleanup", "object_groups": ["accounts"], **login(server)},
                      self.output)  # fmt: skip
            assert ran.status == 0
            zuora.sync(server.org)


def target(config: dict[str, Any], err: str) -> None:
    """Relink as a process of its own does."""
    from target_zuora360_cleanup.relink import looking
    from target_zuora360_cleanup.salesforce.polling import Polling
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.reading import read_settings
    from tests.support.relinking import carry_out

    # As many attempts as ever, with short waits; some rounds read by queries, some by jobs.
    waits = Waits(
        send=(0.01,) * 6, rounds=(0.01, 0.02), backoff=0.005, polling=Polling(shortest=0.02)
    )
    looking.FEW = config.pop("few")  # type: ignore[misc]
    with Path(err).open("a", encoding="utf-8") as log:
        os.dup2(log.fileno(), 2)
        result = carry_out(read_settings(config), None, log, waits=waits)
        if result.exit_status:
            log.write(f"{result.error}\n")
            log.flush()
            os._exit(result.exit_status)


def faults(chance: random.Random) -> dict[str, Any]:
    """Faults of a seed, of every kind after which a relink can still complete."""
    given: dict[str, Any] = {
        "seed": chance.randrange(1, 2**31),
        "requests": [
            {"probability": 0.02, "status": chance.choice([408, 429, 500, 503])},
            {"probability": 0.03, "cut": chance.choice(["before", "after"]), "path": "*/jobs/*"},
            *spoilt(chance),
            {"probability": 0.5, "latency": [0.0, 0.03]},
        ],
        "rows": [{"share": 0.1, "times": 1, "code": "UNABLE_TO_LOCK_ROW", "message": "locked"}],
        "jobs": untrue(chance, "update"),
        **others(chance),
    }
    if chance.random() < 0.5:
        given["sessions"] = {"every": chance.randrange(10, 40)}
    return given


def run_round(seed: int, base: Base) -> Round:
    """Kill and start again until a relink completes, then compare."""
    chance, done = random.Random(seed), Round(seed)  # noqa: S311 - repeatable, no secret
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name), Path(name) / "log"
        shutil.copy(base.db, folder / "org.sqlite")
        shutil.copytree(base.output, folder / "output")
        with EmulatorServer(ORG, STRICT, db=folder / "org.sqlite") as server:
            server.set_faults(faults(chance))
            _watch(server, done)
            config = {
                "client_id": "a", "client_secret": "b", "refresh_token": "c", "domain": server.url,
                "output_dir": str(folder / "output"), "job_size": chance.choice([5, 20, 100_000]),
                "few": chance.choice([3, 3_000]),
            }  # fmt: skip
            # 1 and 2: the faults let no login or no reading through; nothing has been changed.
            done.until_complete(lambda: CONTEXT.Process(
                target=target, args=(dict(config), str(log))),
                log, chance, asked=lambda: server.service.stats.calls()["total"],
                first=20, harmless={1, 2})  # fmt: skip
            _compare(server, base, folder / "output", done)
    return done


def _watch(server: EmulatorServer, done: Round) -> None:
    """Note each change of a row."""
    real = server.org.row_hook

    def hook(operation: str, name: str, record_id: str) -> RowError | None:
        done.has_changed = True
        return real(operation, name, record_id) if real else None

    server.org.row_hook = hook


def _compare(server: EmulatorServer, base: Base, output: Path, done: Round) -> None:
    if lookups(server.org) != base.before:
        done.wrong.append("the lookups are not what they were")
    if added(server.org) != base.added:
        done.wrong.append("what people have added is not what it was")
    if joined(server.org) != base.joined:
        done.wrong.append("follows, topics and files are not what they were, each once")
    may_go, relinked = frozenset(JOINED), dict.fromkeys(LINKS, False)
    wrong = differences(server.org, base.image, may_go=may_go, quotes=True, relinked=relinked)
    done.wrong += list(wrong)[:5]
    reports = [json.loads(path.read_text()) for path in output.glob("*-relink*/report.json")]
    # (a relink that was killed right after its last line leaves the next one nothing to do)
    told = [each for each in reports if each["links"]]
    last = max(told, key=lambda each: str(each["finished_at"]))
    restored, whole = (
        sum(each[name] for each in last["links"]) for name in ("restored", "in_snapshot")
    )
    led = [key for key in base.before if f"{key[0]}.{key[2]}" in LINKS]
    if not restored == whole == len(led) + len(base.added) + len(base.joined):
        done.wrong.append(f"the last report counts {restored} of {whole}")


def main() -> None:
    """Run many rounds and say how they went."""
    with tempfile.TemporaryDirectory() as folder:
        base = Base(Path(folder))
        run_rounds(
            lambda seed: run_round(seed, base),
            "Kill relinks until they complete.",
            rounds=500,
        )


if __name__ == "__main__":
    main()
