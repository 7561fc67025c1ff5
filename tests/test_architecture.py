"""Which room may import which, read from the source; what only types name counts too.

Imports run one way, from a later line of `ROOMS` to an earlier one; no circle of modules anywhere.
The plugin and the emulator import nothing of each other, so that one can contradict the other.
"""

from __future__ import annotations

import ast
import importlib.metadata
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "target_zuora360_cleanup"
EMULATOR = f"{PACKAGE}.emulator"

ROOMS = (
    ("errors",),
    ("catalog", "hub"),
    ("settings", "output", "kept"),
    ("singer", "salesforce", "meltano"),
    ("rows",),
    ("reach",),
    ("facts",),
    ("plan",),
    ("state",),
    ("deletion",),
    ("report",),
    ("lifecycle",),
    ("cleanup", "sync", "relink", "undo"),
    ("verify",),
    ("status",),
    ("cli", "target"),
    ("__main__",),
)
"""The rooms of the plugin in their order; those on one line don't import each other."""
EMULATOR_ROOMS = (
    ("wire",),
    ("schema",),
    ("soql",),
    ("org",),
    ("zuora", "generate"),
    ("faults",),
    ("resources",),
    ("server",),
    ("__main__",),
)
"""The same of the emulator."""
PURE = (
    "catalog",
    "plan",
    "reach",
    "state.reset",
    "state.form",
    "state.trim",
    "state.paired",
    "state.findings",
    "state.identity",
    "state.coverage",
    "state.codes",
    "state.outcome",
)
"""Rooms and modules that do no I/O, nor import what does."""
EDGES = frozenset({
    "requests", "simple_salesforce", "singer_sdk", "socket", "sqlite3", "subprocess", "tempfile",
    "urllib", "os", f"{PACKAGE}.salesforce",
})  # fmt: skip


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in (ROOT / PACKAGE).rglob("*.py")}


def imported(module: str, *, types: bool = True) -> frozenset[str]:
    """The package's modules that a module imports; those that only types name where wanted."""
    return frozenset(_names(ast.parse(MODULES[module].read_text(encoding="utf-8")), types=types))


def _names(tree: ast.Module, *, types: bool) -> Iterator[str]:
    for node in ast.walk(tree) if types else _running(tree.body):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{each.name}" for each in node.names}
            modules = inner & MODULES.keys()
            yield from modules
            if len(modules) < len(inner):
                yield node.module


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
        for name in imported(todo.pop(), types=False):
            if name not in seen:
                seen.add(name)
                if name in MODULES:
                    todo.append(name)
    return frozenset(seen)


def room_of(module: str, package: str) -> str:
    return module.removeprefix(f"{package}.").split(".")[0]


def places(rooms: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    return {room: place for place, line in enumerate(rooms) for room in line}


def inside(package: str) -> list[str]:
    """The modules of the plugin or of the emulator, without the package itself."""
    return [
        name
        for name in MODULES
        if name.startswith(f"{package}.") and name.startswith(EMULATOR) == (package == EMULATOR)
    ]


@pytest.mark.parametrize(("package", "rooms"), [(PACKAGE, ROOMS), (EMULATOR, EMULATOR_ROOMS)])
def test_every_module_is_in_a_room_of_the_list(
    package: str, rooms: tuple[tuple[str, ...], ...]
) -> None:
    found = {room_of(name, package) for name in inside(package)}
    assert found == set(places(rooms))


@pytest.mark.parametrize(("package", "rooms"), [(PACKAGE, ROOMS), (EMULATOR, EMULATOR_ROOMS)])
def test_imports_run_from_later_rooms_to_earlier_ones(
    package: str, rooms: tuple[tuple[str, ...], ...]
) -> None:
    place = places(rooms)
    wrong = [
        f"{module} -> {name}"
        for module in inside(package)
        for name in sorted(imported(module) & set(inside(package)))
        if (here := room_of(module, package)) != (there := room_of(name, package))
        and place[there] >= place[here]
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: imported(name) & MODULES.keys() - {name} for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        pytest.fail(" <- ".join(exc.args[1]))


def test_the_plugin_and_the_emulator_import_nothing_of_each_other() -> None:
    wrong = [
        f"{module} -> {name}"
        for module in MODULES
        for name in imported(module)
        if name.startswith(f"{PACKAGE}.")
        and module.startswith(EMULATOR) != name.startswith(EMULATOR)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in MODULES
        if any(
            name == f"{PACKAGE}.{pure}" or name.startswith(f"{PACKAGE}.{pure}.") for pure in PURE
        )
    ],
)
def test_the_pure_core_imports_no_edge(module: str) -> None:
    found = reached(module)
    assert not {
        name for name in found for edge in EDGES if name == edge or name.startswith(f"{edge}.")
    }


def test_requests_are_sent_by_the_salesforce_room_alone() -> None:
    sends = {"requests.Session", "requests.get", "requests.post", "requests.request"}
    wrong = [
        module
        for module in inside(PACKAGE)
        if room_of(module, PACKAGE) != "salesforce"
        and any(call in MODULES[module].read_text(encoding="utf-8") for call in sends)
    ]
    assert wrong == []


def test_the_root_holds_two_doors_and_rooms() -> None:
    files = {path.name for path in (ROOT / PACKAGE).iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "cli.py", "errors.py", "py.typed", "target.py"}


def test_every_room_says_what_it_is_for() -> None:
    packages = {name: path for name, path in MODULES.items() if path.name == "__init__.py"}
    silent = [
        name
        for name, path in packages.items()
        if len((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split()) < 12
    ]
    assert silent == []


def test_modules_are_small() -> None:
    long = {
        name: lines
        for name, path in MODULES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert max(long.values(), default=0) <= 360, long
    assert len(long) <= 6, long


def test_the_programs_lead_to_the_doors() -> None:
    programs = importlib.metadata.distribution("target-zuora360-cleanup").entry_points
    assert {each.name: each.module for each in programs} == {
        "target-zuora360-cleanup": f"{PACKAGE}.target",
        "zuora360": f"{PACKAGE}.cli",
        "zuora360-emulator": f"{EMULATOR}.server.cli",
    }
