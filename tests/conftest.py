"""Watches over every emulated org in the suite: what is not Zuora's stays as it was, row by row."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pytest
from hypothesis import settings

from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.emulated import Emulated
from tests.support.meltano_project import TAP, Project, install_tap, make_template
from tests.support.paths import TESTS
from tests.support.shared import FOLDER, made_once
from tests.support.untouched import Image, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ALWAYS = frozenset({"PricebookEntry"})
"""Goes with its Zuora product; the settings have to allow it."""


def pytest_configure(config: pytest.Config) -> None:
    # How long an example takes says nothing where other tests run beside it.
    settings.register_profile("unhurried", settings(), deadline=None)
    settings.load_profile("unhurried")
    # What the tests start is to compile its modules once, not at every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.addinivalue_line("markers", "rows_may_go(*objects): customer rows allowed to go along")
    config.addinivalue_line(
        "markers",
        "relinks(*lookups, from_blank=False): lookups, as Object.Field, that may lead to records "
        "that came back; from_blank where the org was cleaned before it was served",
    )
    config.addinivalue_line(
        "markers",
        "detaches(*lookups): those, as Object.Field, that may be blank although the record stays",
    )
    config.addinivalue_line("markers", "quotes_may_change: the catalogue goes without regard")
    if FOLDER not in os.environ:  # (workers have it from the process that started them)
        orgs = tempfile.TemporaryDirectory(prefix="zuora360-orgs-")
        os.environ[FOLDER] = orgs.name
        config.add_cleanup(orgs.cleanup)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have every worker begin with what takes longest, so that none is left with it at the end.

    xdist gives each of them an equal part of the list, in its order; whoever is done takes from the
    ends of the others' parts.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    # (what may take longer than other tests, does)
    longest = [item for item in items if item.get_closest_marker("timeout")]
    others = [item for item in items if not item.get_closest_marker("timeout")]
    others.sort(key=lambda item: not item.path.is_relative_to(TESTS / "end_to_end"))
    groups = [list(group) for _, group in groupby(longest, _together)]
    left, ordered = iter(others), list[pytest.Item]()
    for worker in range(workers):
        begun = [*chain.from_iterable(groups[worker::workers])]
        size = (len(items) - len(ordered)) // (workers - worker)
        ordered += [*begun, *islice(left, max(0, size - len(begun)))]
    items[:] = [*ordered, *left]


def _together(item: pytest.Item) -> str:
    """What tests have in common that share what their module makes: parts of one test need not."""
    return item.nodeid if "[" in item.name else str(item.path)


def pytest_collection_finish() -> None:
    """Have the garbage collector look seldom, and never at what has been imported.

    A tenth of the time of a cleanup in this process goes into its walks over schemas and modules.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 25, 50)


@pytest.fixture(scope="session")
def meltano_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that the tests copy, since to set its state takes seconds."""
    return make_template(tmp_path_factory.mktemp("meltano") / "project")


@pytest.fixture(scope="session")
def real_tap() -> Path:
    """A program that is the real tap-zuora, installed once."""
    return made_once("tap", install_tap) / TAP


@pytest.fixture
def project(meltano_template: Path, tmp_path: Path) -> Callable[[EmulatorServer], Project]:
    """A Meltano project of the test's own, with the state of an earlier sync."""

    def make(server: EmulatorServer) -> Project:
        return Project(Path(shutil.copytree(meltano_template, tmp_path / "project")), server)

    return make


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """A target or an emulator in this process takes its signals; give them back."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def customer_rows_stay(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test in which rows that are not Zuora's were deleted or changed.

    The emulator's own tests write where they like, so they are left alone.
    """
    if request.path.is_relative_to(TESTS / "emulator"):
        yield
        return
    mark = request.node.get_closest_marker("rows_may_go")
    may_go = _ALWAYS | frozenset(mark.args if mark else ())
    relinked = {
        name: bool(mark.kwargs.get("from_blank"))
        for mark in request.node.iter_markers("relinks")
        for name in mark.args
    }
    detached = frozenset(
        name for mark in request.node.iter_markers("detaches") for name in mark.args
    )
    quotes = request.node.get_closest_marker("quotes_may_change") is None
    images: WeakKeyDictionary[EmulatorServer, Image] = WeakKeyDictionary()
    wrong: list[str] = []
    start, stop = EmulatorServer.start, EmulatorServer.stop

    def watched_start(self: EmulatorServer) -> EmulatorServer:
        start(self)
        images[self] = self.image if isinstance(self, Emulated) else Image.of(self.org)
        return self

    def watched_stop(self: EmulatorServer) -> None:
        if (before := images.pop(self, None)) is not None:
            wrong.extend(
                differences(
                    self.org,
                    before,
                    may_go=may_go,
                    quotes=quotes,
                    relinked=relinked,
                    detached=detached,
                )
            )
        stop(self)

    monkeypatch.setattr(EmulatorServer, "start", watched_start)
    monkeypatch.setattr(EmulatorServer, "stop", watched_stop)
    yield
    assert not wrong, wrong[:10]
