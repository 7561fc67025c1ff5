"""What a cleanup costs the machine that runs it, next to other programs that delete the same.

Run by hand, from the repository's root::

    python -m tests.benchmarks.deletion [--records 100000,1000000] [--write]

For each size an emulated org is filled once, and each contender gets a copy of it, behind an
emulator in a process of its own: quick, and with latency. The plugin runs as Meltano would run it.
It also describes the org, plans, backs the ids up and counts what is left; the others only delete,
in the plugin's order. Time includes the emulator's; CPU and memory are the contender's alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.contenders import CONTENDERS, PLUGIN, Contender, Job, Missing
from tests.benchmarks.serving import Server, Usage, copied, emulator, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SERVERS = (Server("quick"), Server("slow", job_seconds=1.0, latency=0.05))
PAGE = Path(__file__).parents[2] / "docs/performance.md"
BEGIN, END = "<!-- deletion benchmark -->\n", "<!-- end of the deletion benchmark -->"
FLAT = 1.10


@dataclass(frozen=True)
class Cost:
    """What one run of a contender took.

    Attributes:
        calls: API calls, as Salesforce counts them.
        requests: HTTP requests of all kinds, logins too.
    """

    contender: str
    records: int
    server: str
    usage: Usage
    calls: int
    requests: int


def compare(
    records: int, contenders: Mapping[str, Contender], servers: Sequence[Server], tools: Path
) -> Iterator[Cost]:
    """Run the contenders on copies of one org, the plugin first."""
    with tempfile.TemporaryDirectory() as name:
        db = filled(Path(name), records)
        for server in servers:
            left: dict[str, object] = {}
            with tempfile.TemporaryDirectory() as run:
                for title, contender in contenders.items():
                    with emulator(copied(db), records, server) as org:
                        usage = contender.run(Job(org, Path(run), tools))
                        stats = org.stats()
                    left[title] = stats["rows"]
                    calls = dict(stats["api_calls"])
                    total = calls.pop("total")
                    yield Cost(title, records, server.name, usage, total, sum(calls.values()))
            different = [title for title, rows in left.items() if rows != left[PLUGIN.name]]
            if different:
                sys.exit(f"{', '.join(different)} did not delete the same as the plugin.")


def ratio(own: float, other: float) -> str:
    return f"{own:,.1f} (x {own / other:.2f})"


def row(cost: Cost, base: Cost, titles: Mapping[str, str]) -> list[str]:
    """A row of the table; each ratio is to the plugin's cost in the same place."""
    own, other = cost.usage, base.usage
    return [
        f"{cost.records:,}",
        cost.server,
        titles[cost.contender],
        ratio(own.seconds, other.seconds),
        ratio(own.cpu, other.cpu),
        ratio(own.peak, other.peak),
        f"{cost.calls:,} (x {cost.calls / base.calls:.2f})",
        f"{cost.requests:,}",
    ]


def table(costs: Sequence[Cost], titles: Mapping[str, str]) -> list[str]:
    """The costs as a Markdown table that is also easy to read as it is."""
    base = {(each.records, each.server): each for each in costs if each.contender == PLUGIN.name}
    head = ["records", "server", "program", "wall s", "CPU s", "peak MiB", "API calls", "requests"]
    rows = [head, *(row(each, base[each.records, each.server], titles) for each in costs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, each, widths)) + " |" for each in rows]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def flatness(costs: Sequence[Cost]) -> str:
    """How the plugin's peak memory at the largest size compares with that at the smallest."""
    own = [each for each in costs if each.contender == PLUGIN.name]
    least, most = (pick(own, key=lambda each: each.records) for pick in (min, max))
    grown = most.usage.peak / least.usage.peak
    per_million = (most.usage.cpu - least.usage.cpu) / max(most.records - least.records, 1) * 1e6
    verdict = "flat" if grown <= FLAT else "not flat"
    return (
        f"This plugin at {most.records:,} records next to {least.records:,}: peak memory x "
        f"{grown:.2f} ({verdict}), {per_million:.2f} s of CPU for each further million."
    )


def machine() -> str:
    made_by = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{datetime.now(UTC):%Y-%m-%d}, {made_by}, Python {platform.python_version()}."


def write_page(lines: Sequence[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


def sizes(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


def chosen(names: str) -> list[Contender]:
    """Contenders by name; the plugin always, and first, since its report orders the others."""
    wanted = {PLUGIN.name, *names.split(",")}
    return [each for each in CONTENDERS if each.name in wanted]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    every = ",".join(each.name for each in CONTENDERS)
    parser.add_argument("--records", type=sizes, default=sizes("100000,1000000"))
    parser.add_argument("--contenders", type=chosen, default=chosen(every), metavar=every)
    parser.add_argument("--servers", default="quick,slow", metavar="quick,slow")
    parser.add_argument("--tools", type=Path, default=Path.home() / ".cache/zuora360-benchmarks")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table here too")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    return parser.parse_args()


def installed(contenders: Sequence[Contender], tools: Path) -> tuple[dict[str, str], list[str]]:
    """Titles of those that could be had, by name, and a line for each of the others."""
    tools.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []

    def title(each: Contender) -> str:
        try:
            return each.install(tools)
        except Missing as exc:
            missing.append(f"Missing: {each.name} ({exc}).")
            return ""

    titles = {each.name: title(each) for each in contenders}
    return {name: title for name, title in titles.items() if title}, missing


def main() -> None:
    given = arguments()
    titles, missing = installed(given.contenders, given.tools)
    ready = {each.name: each for each in given.contenders if each.name in titles}
    servers = [each for each in SERVERS if each.name in given.servers.split(",")]
    costs: list[Cost] = []
    for records in given.records:
        for cost in compare(records, ready, servers, given.tools):
            costs.append(cost)
            print(cost, flush=True)  # noqa: T201
    lines = [machine(), *missing, "", *table(costs, titles), "", flatness(costs)]
    print(*lines, sep="\n")  # noqa: T201
    if given.markdown:
        given.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if given.write:
        write_page(lines)


if __name__ == "__main__":
    main()
