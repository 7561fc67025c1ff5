"""Kills cleanups, then undos of them, at random moments and under random faults, until one ends.

python -m tests.support.killing_undo --rounds 1000 --first-seed 1000
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
from tests.support.forked import CONTEXT
from tests.support.killing import STRICT, others, spoilt
from tests.support.rounds import Round, run_rounds
from tests.support.runs import ALLOWED, login
from tests.support.undoing import STATE, SUBSCRIPTIONS, Rows, image

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.wire.errors import RowError

ORG: Final = OrgOptions(
    records=900, quotes=False, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"})
)


class Base:
    """An org as it is before anything, and its rows; to be copied."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "org.sqlite"
        with EmulatorServer(ORG, db=self.db) as server:
            self.rows: dict[str, Rows] = image(server.org)


def _short_waits() -> Any:
    """As many attempts as ever, with short waits."""
    from target_zuora360_cleanup.salesforce.polling import Polling
    from target_zuora360_cleanup.salesforce.waits import Waits

    return Waits(
        send=(0.01,) * 6, rounds=(0.01, 0.02), backoff=0.005, polling=Polling(shortest=0.02)
    )


def target(config: dict[str, Any], state: str, err: str) -> None:
    """Take a cleanup back, or clean where the config says so, as a process of its own does."""
    from target_zuora360_cleanup.settings.reading import read_settings
    from target_zuora360_cleanup.undo import looking
    from tests.support.undoing import carry_out, clean_alone

    waits = _short_waits()
    looking.FEW = config.pop("few")  # type: ignore[misc]
    with Path(err).open("a", encoding="utf-8") as log:
        os.dup2(log.fileno(), 2)
        settings = read_settings(config)
        if settings.mode == "cleanup":
            result = clean_alone(settings, Path(state), log, waits)
        else:
            result = carry_out(settings, None, log, waits=waits)
        if result.exit_status:
            log.write(f"{result.error}\n")
            log.flush()
            os._exit(result.exit_status)


def faults(chance: random.Random) -> dict[str, Any]:
    """Faults of a seed, of every kind after which an undo can still complete."""
    cut = chance.choice(["before", "after"])
    given: dict[str, Any] = {
        "seed": chance.randrange(1, 2**31),
        "requests": [
            {"probability": 0.02, "status": chance.choice([408, 429, 500, 503])},
            {"probability": 0.1, "cut": cut, "path": "/services/Soap/*"},
            {"probability": 0.05, "spoil": chance.choice(["half", "empty", "html", "not_utf8"]),
             "path": "/services/Soap/*"},
            *spoilt(chance),
            {"probability": 0.5, "latency": [0.0, 0.03]},
        ],
        "rows": [{"share": 0.1, "times": 1, "code": "UNABLE_TO_LOCK_ROW", "message": "locked",
                  "operation": "undelete"}],
        **others(chance),
    }  # fmt: skip
    if chance.random() < 0.5:
        given["sessions"] = {"every": chance.randrange(10, 40)}
    return given


def run_round(seed: int, base: Base) -> Round:
    """Clean, perhaps killed and again; kill undos until one completes; then compare."""
    chance, done = random.Random(seed), Round(seed)  # noqa: S311 - repeatable, no secret
    with tempfile.TemporaryDirectory() as name:
        folder, log, state = Path(name), Path(name) / "log", Path(name) / "state.json"
        shutil.copy(base.db, folder / "org.sqlite")
        state.write_text(json.dumps(STATE))
        with EmulatorServer(ORG, STRICT, db=folder / "org.sqlite") as server:
            config = {
                "output_dir": str(folder / "output"),
                "job_size": chance.choice([20, 100_000]),
                "few": chance.choice([3, 3_000]),
                "include_objects": SUBSCRIPTIONS,
                "backup": chance.choice(["ids", "full"]),
            }
            _clean(server, {**config, **login(server), **ALLOWED, "mode": "cleanup"}, state, log,
                   chance)  # fmt: skip
            server.set_faults(faults(chance))
            _watch(server, done)
            config |= {"client_id": "a", "client_secret": "b", "refresh_token": "c",
                       "domain": server.url}  # fmt: skip
            log.write_text("")
            # 1 and 2: the faults let no login or no reading through; nothing has been changed.
            done.until_complete(lambda: CONTEXT.Process(
                target=target, args=(dict(config), str(state), str(log))),
                log, chance, asked=lambda: server.service.stats.calls()["total"],
                first=20, harmless={1, 2})  # fmt: skip
            _compare(server, base, state, done)
    return done


def _clean(
    server: EmulatorServer, config: dict[str, Any], state: Path, log: Path, chance: random.Random
) -> None:
    """Clean, killed as often as chance will have it before it completes, if it does.

    A cleanup that was killed before it began to change anything leaves nothing to take back, so
    that at least one is there that has.
    """
    kills, completes = chance.choice([(0, True), (1, False), (1, True), (2, True)])
    for number in range(kills + completes + 1):
        is_last = number >= kills
        if is_last and not completes and _has_record(config):
            return
        process = CONTEXT.Process(target=target, args=(dict(config), str(state), str(log)))
        last = server.service.stats.calls()["total"] + chance.uniform(60, 140)
        process.start()
        while process.is_alive() and (is_last or server.service.stats.calls()["total"] <= last):
            process.join(0.003)
        if process.is_alive():
            process.kill()
            process.join()
        elif is_last:
            return


def _has_record(config: dict[str, Any]) -> bool:
    return any(Path(config["output_dir"]).glob("*-cleanup*/undo.json"))


def _watch(server: EmulatorServer, done: Round) -> None:
    """Note each change of a row."""
    real = server.org.row_hook

    def hook(operation: str, name: str, record_id: str) -> RowError | None:
        done.has_changed = True
        return real(operation, name, record_id) if real else None

    server.org.row_hook = hook


def _compare(server: EmulatorServer, base: Base, state: Path, done: Round) -> None:
    now = image(server.org)
    for name in sorted(base.rows.keys() | now.keys()):
        if now.get(name) != base.rows.get(name):
            before, after = base.rows.get(name, {}), now.get(name, {})
            ids = [each for each in before if after.get(each) != before[each]][:3]
            changed = [_changed(before[each], after.get(each)) for each in ids]
            done.wrong.append(f"{name}: {changed}")
    if json.loads(state.read_text()) != STATE:
        done.wrong.append(f"the state is {state.read_text()[:300]}")


def _changed(before: dict[str, Any], after: dict[str, Any] | None) -> str:
    if after is None:
        return f"{before['Id']} is gone"
    return f"{before['Id']}: {[name for name in before if before[name] != after[name]]}"


def main() -> None:
    """Run many rounds and say how they went."""
    with tempfile.TemporaryDirectory() as folder:
        base = Base(Path(folder))
        run_rounds(
            lambda seed: run_round(seed, base),
            "Kill undos until they complete.",
            rounds=500,
        )


if __name__ == "__main__":
    main()
