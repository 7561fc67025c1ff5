"""Emulated orgs for tests: each filling is made once in a test run, and copied for whoever asks.

What tests of the generator itself look at is made anew: they open an `Org` themselves.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.paths import TESTS
from tests.support.shared import FOLDER
from tests.support.untouched import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.server.options import ServerOptions


class Emulated(EmulatorServer):
    """A server of a copy that is its own.

    Args:
        org: What the org holds.
        options: How it is served.
        base: The file to copy, if it is not the org as it was filled.
    """

    def __init__(
        self,
        org: OrgOptions | None = None,
        options: ServerOptions | None = None,
        *,
        base: Path | None = None,
        **more: Any,
    ) -> None:
        self.filling, self._base = org or OrgOptions(), base
        self._own = tempfile.TemporaryDirectory(prefix="zuora360-org-")
        self.db = Path(self._own.name) / "org.sqlite"
        super().__init__(self.filling, options, db=self.db, **more)

    @property
    def image(self) -> Image:
        """What is not Zuora's in it, as it was filled."""
        return _image(self.filling)

    @override
    def start(self) -> Self:
        if self._base:
            shutil.copyfile(self._base, self.db)
        else:
            copy_org(self.filling, self.db)
        return super().start()

    @override
    def stop(self) -> None:
        super().stop()
        self._own.cleanup()


def shape(name: str) -> str:
    """One of the shapes in `tests/data/shapes`, as `OrgOptions.shape` takes it."""
    return (TESTS / "data" / "shapes" / f"{name}.json").read_text(encoding="utf-8")


def copy_org(options: OrgOptions, db: Path) -> None:
    """Put a filled org's file in a place."""
    name = hashlib.sha256(options.as_text.encode()).hexdigest()[:20]
    filled = Path(os.environ[FOLDER]) / name
    if not filled.exists():
        with tempfile.TemporaryDirectory(dir=filled.parent) as folder:
            made = Path(folder) / "org.sqlite"
            open_org(options, made).close()
            # (another worker may have been as quick; its rows are the same)
            made.replace(filled)
    shutil.copyfile(filled, db)


@contextmanager
def opened(options: OrgOptions) -> Iterator[Org]:
    """An org without a server."""
    with tempfile.TemporaryDirectory(prefix="zuora360-org-") as folder:
        db = Path(folder) / "org.sqlite"
        copy_org(options, db)
        with open_org(options, db) as org:
            yield org


@lru_cache(maxsize=8)
def _image(options: OrgOptions) -> Image:
    with opened(options) as org:
        return Image.of(org)
