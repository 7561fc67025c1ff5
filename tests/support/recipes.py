"""The recipes of docs/recipes.md, followed word for word in a Meltano project.

A recipe is a section of the page. Its fences are followed in their order: `yaml` ends the project's
`meltano.yml`, `bash` is run in a shell, and `text` is what that has printed. A `bash` that ends
with another exit status than 0 names it: `bash exits=1`.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.support.meltano_project import BIN
from tests.support.meltano_zygote import forking_programs
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.meltano_project import Project

PAGE: Final = ROOT / "docs/recipes.md"
LEFT_OUT: Final = "…"
"""Alone in a line: lines are left out; within a line: what differs from run to run."""
SECONDS: Final = 120
_FENCE: Final = re.compile(r"^```(\w+)(?: exits=(\d+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_BEGINNING: Final = re.compile(
    r"^\S+ \[\w+ *\] (?:target-zuora360-cleanup|zuora360|meltano) *(?:\S+ \[error *\] meltano *)?"
)
"""With the second, an error as a forked process logs it."""
_OTHERS: Final = re.compile(r"^\d{4}-\d\d-\d\d[T ]")
"""The tap's lines, and those that the log has in two forms."""


@dataclass(frozen=True)
class Fence:
    """Code of a page.

    Attributes:
        kind: `yaml`, `bash`, `text` or another language.
        exits: The exit status that a `bash` is to have.
    """

    kind: str
    text: str
    exits: int = 0


def headings() -> list[str]:
    """The names of the recipes, in the page's order."""
    return re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def fences(heading: str) -> list[Fence]:
    """The code of a recipe, in its order."""
    text = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(
        rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    return [
        Fence(kind, body, int(exits or 0)) for kind, exits, body in _FENCE.findall(str(section))
    ]


@dataclass
class Recipe:
    """A recipe that is followed step by step; a step is a `bash` with what is before and after it.

    Attributes:
        heading: Of its section.
        project: Its `meltano.yml` has neither environments, jobs nor schedules.
    """

    heading: str
    project: Project
    _ahead: list[Fence] = field(init=False)
    _plain: str = field(init=False)

    def __post_init__(self) -> None:
        self._ahead = fences(self.heading)
        self._plain = (self.project.path / "meltano.yml").read_text(encoding="utf-8")

    def follow(self, **variables: str) -> str:
        """Follow the next step; what it has printed.

        Raises:
            AssertionError: Its exit status or its lines are others than the page says.
        """
        while self._ahead[0].kind != "bash":
            self._take(self._ahead.pop(0))
        step = self._ahead.pop(0)
        done = self._shell(step.text, variables)
        lines = _plain(done.stdout)
        assert done.returncode == step.exits, "\n".join((f"exits {done.returncode}", *lines))
        if self._ahead and self._ahead[0].kind == "text":
            assert_printed(self._ahead.pop(0).text, lines)
        return "\n".join(lines)

    def follow_all(self) -> str:
        """Follow what is left of it; what that has printed."""
        printed = ""
        while any(each.kind == "bash" for each in self._ahead):
            printed += self.follow()
        assert not self._ahead
        return printed

    def _take(self, fence: Fence) -> None:
        if fence.kind == "yaml":
            file = self.project.path / "meltano.yml"
            file.write_text(self._plain + fence.text, encoding="utf-8")

    def _shell(self, commands: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environ = self.project.environ(variables)
        path = os.pathsep.join((str(forking_programs()), str(BIN), environ["PATH"]))
        return subprocess.run(
            ["bash", "-c", commands],
            cwd=self.project.path, env=environ | {"PATH": path}, text=True, timeout=SECONDS,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip


def _plain(printed: str) -> list[str]:
    """The plugin's lines and Meltano's, without what is before each of them."""
    lines = (_BEGINNING.sub("", line).rstrip() for line in printed.splitlines())
    return [line for line in lines if not _OTHERS.match(line)]


def assert_printed(shown: str, lines: Sequence[str]) -> None:
    """Lines of a page are in what was printed, in their order; those without `…` between adjoin."""
    start = 0
    for block in _blocks(shown):
        wanted = [_pattern(line) for line in block]
        found = next(
            (
                at
                for at in range(start, len(lines) - len(wanted) + 1)
                if all(each.fullmatch(lines[at + n]) for n, each in enumerate(wanted))
            ),
            None,
        )
        assert found is not None, "\n".join(("Not printed:", *block, "Printed:", *lines))
        start = found + len(wanted)


def _blocks(shown: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*shown.splitlines(), LEFT_OUT]:
        if line.strip() != LEFT_OUT:
            block.append(line.rstrip())
        elif block:
            yield block
            block = []


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in line.split(LEFT_OUT)))
