"""Kills cleanups at random moments, under random faults, until one completes; then looks closely.

    python -m tests.support.killing --rounds 2000 --first-seed 1000

Each round is repeatable as far as its faults go; when exactly a kill strikes, the machine decides.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.added import (
    JOINED,
    JOINED_SHAPE,
    added,
    fill,
    joined,
    missing,
    not_written,
)
from tests.support.forked import CONTEXT
from tests.support.rounds import Round, run_rounds
from tests.support.runs import ALLOWED, BOOKMARKS, zuora_rows
from tests.support.untouched import Image, differences
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.wire.errors import RowError

ORG: Final = OrgOptions(
    records=1200, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"}), shape=JOINED_SHAPE
)  # fmt: skip
CATALOG: Final = (
    "zqu__ZProduct__c", "zqu__ProductRatePlan__c", "zqu__ProductRatePlanCharge__c",
    "zqu__ProductRatePlanChargeTier__c",
)  # fmt: skip
"""Object types of the catalogue that are filled, besides products."""


def target(config: dict[str, Any], out: str, err: str) -> None:
    """Run the target as a process of its own does: state lines to one file, the rest to another."""
    from target_zuora360_cleanup.salesforce.polling import Polling
    from target_zuora360_cleanup.salesforce.waits import Waits
    from tests.support.runs import begin, follow

    # As many attempts as ever, with short waits.
    waits = Waits(
        send=(0.01,) * 6, rounds=(0.01, 0.02), backoff=0.005, polling=Polling(shortest=0.02)
    )
    with Path(out).open("a", encoding="utf-8") as states, Path(err).open("a") as log:
        os.dup2(log.fileno(), 2)
        result = follow(begin(config, waits=waits), None, states, log)
        if result.exit_status:
            log.write(f"{result.error}\n")
            log.flush()
            os._exit(result.exit_status)


def spoilt(chance: random.Random) -> list[dict[str, Any]]:
    """Answers that are none of Salesforce's, results that are not whole, too many at once."""
    how = chance.choice(["html", "half", "empty", "list", "not_utf8"])
    return [
        {"probability": 0.02, "spoil": how},
        {"probability": 0.02, "answer": "html"},
        {"probability": 0.02, "limit": "ConcurrentRequests"},
        {"probability": 0.02, "cut": "within", "method": "GET"},
        {"probability": 0.2, "spoil": chance.choice(["short", "unclosed", "bom"]),
         "path": "*/jobs/query/*/results"},
    ]  # fmt: skip


def untrue(chance: random.Random, operation: str) -> list[dict[str, Any]]:
    """Jobs that end early, then some that lose rows from their results or count wrongly."""
    numbers = {"processed": chance.randrange(50), "failed": 0, "looks": chance.randrange(1, 3)}
    done = chance.random() < 0.5
    return [
        {"state": chance.choice(["Failed", "Aborted"]), "operation": operation, "times": 1},
        {"missing": chance.randrange(1, 4), "missing_are_done": done, "operation": operation,
         "times": 1},
        {"counters": numbers, "operation": operation, "times": 2},
        {"retries": 2, "times": 2},
    ]  # fmt: skip


def others(chance: random.Random) -> dict[str, Any]:
    """Each now and then: locks between jobs, another language, slow composites, ended sessions."""
    given: dict[str, Any] = {
        "locks": {"seconds": 0.02},
        "language": chance.choice(["de", "ja"]),
        "composite": {"most_parts": chance.randrange(1, 5), "times": 4},
        "queries": [{"soql": "*count(*", "code": chance.choice(["QUERY_TIMEOUT",
                     "OPERATION_TOO_LARGE"]), "times": 3}],
    }  # fmt: skip
    return {name: each for name, each in given.items() if chance.random() < 0.5}


def faults(chance: random.Random) -> dict[str, Any]:
    """Faults of a seed, of every kind after which a cleanup can still complete."""
    cut = chance.choice(["before", "after"])
    given: dict[str, Any] = {
        "seed": chance.randrange(1, 2**31),
        "requests": [
            {"probability": 0.02, "status": chance.choice([408, 429, 500, 503])},
            {"probability": 0.02, "cut": cut, "path": "*/jobs/*"},
            *spoilt(chance),
            {"probability": 0.3, "latency": [0.0, 0.02]},
        ],
        "rows": [
            {"share": 0.05, "times": 1, "code": "UNABLE_TO_LOCK_ROW", "message": "locked"},
        ],
        "jobs": untrue(chance, "delete"),
        **others(chance),
    }
    if chance.random() < 0.5:
        given["sessions"] = {"every": chance.randrange(20, 80)}
    if chance.random() < 0.5:
        given["refresh_tokens"] = "rotate"
    return given


STRICT: Final = ServerOptions(
    credentials=Credentials(client_id="a", client_secret="b", refresh_token="c")
)
"""Lets in the runs' own credentials and no others."""


@dataclass
class Tokens:
    """The refresh token that a user sets before each start, where Salesforce may rotate it.

    Attributes:
        last: What the last start had.
    """

    server: EmulatorServer
    output: Path
    last: str = ""

    def newest(self) -> str:
        """The newest that a run has kept."""
        kept = sorted(self.output.glob("*/refresh_token.txt"), key=lambda it: it.stat().st_mtime_ns)
        return kept[-1].read_text(encoding="utf-8") if kept else "c"

    def next(self) -> str:
        """The newest, or one got anew where the last start may have used that one up."""
        token, tokens = self.newest(), self.server.service.refresh_tokens
        if token == self.last:
            token = f"another-{len(tokens)}"
            tokens.add(token)
        self.last = token
        return token

    def is_lost(self) -> bool:
        """Whether the next run could not log in with what is kept."""
        refusal, _ = self.server.service.faults.on_refresh(self.newest())
        return refusal is not None


def run_round(seed: int, base: Path) -> Round:
    """Kill and start again until a run completes, then compare."""
    chance, done = random.Random(seed), Round(seed)  # noqa: S311 - repeatable, no secret
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name), Path(name) / "log"
        shutil.copy(base, folder / "org.sqlite")
        with EmulatorServer(ORG, STRICT, db=folder / "org.sqlite") as server:
            before, hung = Image.of(server.org), added(server.org)
            rows = joined(server.org)
            given = faults(chance)
            server.set_faults(given)
            tokens = Tokens(server, folder / "output")
            keeps = chance.random() < 0.5
            config = {
                "mode": "cleanup", "client_id": "a", "client_secret": "b",
                "domain": server.url, **ALLOWED, "output_dir": str(folder / "output"),
                "keep_quoted_products": keeps, "job_size": chance.choice([50, 200, 100_000]),
            }  # fmt: skip
            with _watched(server, folder / "states", done):
                # 2 and 3: the faults let no login or no check through; nothing has been deleted.
                done.until_complete(lambda: CONTEXT.Process(target=target, args=(
                    {**config, "refresh_token": tokens.next()}, str(folder / "states"), str(log))),
                    log, chance, asked=lambda: server.service.stats.calls()["total"],
                    first=100, harmless={2, 3})  # fmt: skip
            if "refresh_tokens" in given and tokens.is_lost():
                done.wrong.append("the newest refresh token is not kept")
            _compare(server, before, done, keeps=keeps, folder=folder)
            done.wrong += missing(hung, (folder / "output").iterdir())[:5]
            done.wrong += not_written(rows, (folder / "output").iterdir())[:5]
            still = [each for each in added(server.org).values() if each is not None]
            if still:
                done.wrong.append(f"{len(still)} of what people have added is left")
    return done


@contextmanager
def _watched(server: EmulatorServer, states: Path, done: Round) -> Iterator[None]:
    """At the first change of a row there must be a reset on the target's stdout."""
    real, seen = server.org.row_hook, False

    def hook(operation: str, name: str, record_id: str) -> RowError | None:
        nonlocal seen
        done.has_changed = True
        if not seen:
            seen = True
            if not _has_reset(states):
                done.wrong.append(f"{operation} of {name} {record_id} before any reset")
        return real(operation, name, record_id) if real else None

    server.org.row_hook = hook
    yield


def _has_reset(states: Path) -> bool:
    lines = states.read_bytes().splitlines() if states.exists() else []
    whole = [json.loads(line) for line in lines]
    return any(state == {"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}} for state in whole)


def _compare(
    server: EmulatorServer, before: Image, done: Round, *, keeps: bool, folder: Path
) -> None:
    may_go = frozenset({"PricebookEntry", *JOINED})
    done.wrong += list(differences(server.org, before, may_go=may_go, quotes=keeps))[:5]
    if done.wrong:
        return
    reports = sorted(
        (folder / "output").glob("*/report.json"), key=lambda path: path.stat().st_mtime_ns
    )
    report = json.loads(reports[-1].read_text(encoding="utf-8"))
    kept = {each["api_name"]: each["kept"] for each in report["objects"] if each["kept"]}
    left = zuora_rows(server.org)
    if left != kept or (not keeps and left):
        done.wrong.append(f"left are {left}, to be kept were {kept}")
    open_jobs = [job.id for job in server.service.jobs.page(query=False, offset=0)[0]
                 if job.state == "Open"]  # fmt: skip
    if open_jobs:
        done.wrong.append(f"jobs left open: {open_jobs}")


def make_base(path: Path) -> Path:
    """An org's file to copy."""
    with EmulatorServer(ORG, db=path) as server:
        thin_out(server.org, *CATALOG)
        fill(server.org)
        return path


def main() -> None:
    """Run many rounds and say how they went."""
    with tempfile.TemporaryDirectory() as folder:
        base = make_base(Path(folder) / "base.sqlite")
        run_rounds(
            lambda seed: run_round(seed, base),
            "Kill cleanups until they complete.",
            rounds=1000,
        )


if __name__ == "__main__":
    main()
