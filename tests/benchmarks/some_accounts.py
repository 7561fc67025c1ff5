"""What a cleanup of some billing accounts costs, by how many they are and how large the org is.

Run by hand, from the repository's root::

    python -m tests.benchmarks.some_accounts [--records 100000,1000000] [--accounts 50,500]

It is to grow with what goes, and not with the org: each row is compared with that of the smallest
org. Time includes the emulator's; CPU and memory are the plugin's alone. Beside it stands a whole
cleanup of an org that holds about as much as is deleted, which has no accounts to choose.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.contenders import STREAM
from tests.benchmarks.deletion import machine, sizes
from tests.benchmarks.serving import BIN, Server, Usage, copied, emulator, filled, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.serving import Emulator

PER_ACCOUNT: Final = 23
"""About so many records of an org hang below each of its billing accounts."""


@dataclass(frozen=True)
class Cost:
    """What a cleanup took.

    Attributes:
        accounts: How many were chosen; 0 for a whole cleanup.
    """

    records: int
    accounts: int
    deleted: int
    usage: Usage
    calls: int


def cleaned(org: Emulator, folder: Path, accounts: int) -> tuple[Usage, int]:
    """What a cleanup of the first accounts takes, or of all; and how many records it deletes."""
    settings: dict[str, Any] = {
        "mode": "cleanup",
        "access_token": org.access_token,
        "instance_url": org.url,
        "allow_broken_hierarchies": True,
        "object_groups": ["accounts"],
        "state_is_stored": True,
        "output_dir": str(folder / "output"),
    }
    if accounts:
        file = folder / "accounts.csv"
        file.write_text("".join(f"A{at:08}\n" for at in range(1, accounts + 1)), encoding="utf-8")
        settings["only_accounts_file"] = str(file)
    config = folder / "config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    with tempfile.TemporaryFile() as stdin:
        stdin.write(STREAM)
        usage = measured([str(BIN / "target-zuora360-cleanup"), f"--config={config}"], stdin)
    report = json.loads(next(folder.glob("output/*/report.json")).read_text(encoding="utf-8"))
    return usage, sum(each["deleted"] for each in report["objects"])


def costs(records: int, choices: Sequence[int]) -> Iterator[Cost]:
    """What each choice costs in a copy of one org."""
    with tempfile.TemporaryDirectory() as name:
        db = filled(Path(name), records)
        for accounts in choices:
            with (
                tempfile.TemporaryDirectory() as run,
                emulator(copied(db), records, Server("")) as org,
            ):
                usage, deleted = cleaned(org, Path(run), accounts)
                calls = int(org.stats()["api_calls"]["total"])
            yield Cost(records, accounts, deleted, usage, calls)


def row(cost: Cost, base: Cost) -> str:
    cpu, calls = cost.usage.cpu / base.usage.cpu, cost.calls / base.calls
    return (
        f"| {cost.records:,} | {cost.accounts or 'all'} | {cost.deleted:,} "
        f"| {cost.usage.seconds:.1f} | {cost.usage.cpu:.2f} (x {cpu:.2f}) "
        f"| {cost.usage.peak:.0f} | {cost.calls:,} (x {calls:.2f}) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=sizes, default=sizes("100000,1000000"))
    parser.add_argument("--accounts", type=sizes, default=sizes("50,500"))
    given = parser.parse_args()
    print(machine(), "", sep="\n")  # noqa: T201
    print("| records | accounts | deleted | wall s | CPU s | peak MiB | API calls |")  # noqa: T201
    print("|---|---|---|---|---|---|---|")  # noqa: T201
    base: dict[int, Cost] = {}
    for accounts in given.accounts:
        for cost in costs(PER_ACCOUNT * accounts, [0]):
            print(row(cost, cost), flush=True)  # noqa: T201
    for records in given.records:
        for cost in costs(records, given.accounts):
            print(row(cost, base.setdefault(cost.accounts, cost)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
