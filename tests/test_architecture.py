"""Which module may import which, read from the source.

The pure core must import no edge, directly or not; the emulator and the plugin import nothing of
each other, so that one can contradict the other.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = "target_zuora360_cleanup"
PURE = (
    "allowances", "checks_data", "checks_org", "errors", "estimate", "facts", "finding",
    "findings", "objects", "order", "paired_states", "plan", "relink.plan", "report.drawing",
    "report.graph", "report.layout", "report.timeline_chart", "report.view", "state", "state_form",
    "streams", "sync.field_maps", "sync.field_values", "sync.hazards", "sync.load_order",
    "sync.org_objects", "sync.rows", "sync.shapes", "sync.streams_in", "trim",
)  # fmt: skip
EDGES = frozenset({
    "requests", "simple_salesforce", "singer_sdk", "socket", "sqlite3", "subprocess", "tempfile",
    "urllib", "os", f"{PACKAGE}.salesforce",
})  # fmt: skip
SENDS = {"requests.Session", "requests.get", "requests.post", "requests.request"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in (ROOT / PACKAGE).rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """What a module imports when it runs; not what only its types name."""
    for node in _running(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _running(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from _running(statement.orelse)
        else:
            yield from ast.walk(statement)


@cache
def reached(module: str) -> frozenset[str]:
    """Everything that a module's import brings in, as far as this package imports it."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        for name in imported(MODULES[todo.pop()]):
            if name not in seen:
                seen.add(name)
                if name in MODULES:
                    todo.append(name)
    return frozenset(seen)


@pytest.mark.parametrize("name", PURE)
def test_the_pure_core_imports_no_edge(name: str) -> None:
    found = reached(f"{PACKAGE}.{name}")
    assert (
        sorted(
            each for each in found for edge in EDGES if each == edge or each.startswith(f"{edge}.")
        )
        == []
    )


def test_the_plugin_and_the_emulator_import_nothing_of_each_other() -> None:
    emulator = f"{PACKAGE}.emulator"
    wrong = [
        (module, name)
        for module, path in MODULES.items()
        for name in imported(path)
        if name.startswith(f"{PACKAGE}.")
        and module != PACKAGE
        and module.startswith(emulator) != name.startswith(emulator)
    ]
    assert wrong == []


def test_requests_are_made_by_the_salesforce_package_alone() -> None:
    wrong = [
        module
        for module, path in MODULES.items()
        if not module.startswith((f"{PACKAGE}.salesforce", f"{PACKAGE}.emulator"))
        and {"requests"} & set(imported(path)) - {"requests.RequestException"}
        and any(call in path.read_text(encoding="utf-8") for call in SENDS)
    ]
    assert wrong == []


def test_most_modules_are_small() -> None:
    long = {
        name: lines
        for name, path in MODULES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert max(long.values(), default=0) <= 360, long
    assert len(long) <= 8, long
