"""A headless Chromium for tests, with nothing kept and nothing fetched."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM = next((path for path in map(shutil.which, _NAMES) if path), None)
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
)  # fmt: skip
_DARK = "--blink-settings=preferredColorScheme=0"
_SECONDS = 120


@dataclass(frozen=True)
class Chromium:
    """A browser whose profiles are new and empty folders under `folder`."""

    folder: Path

    def run(self, page: Path, *options: str, dark: bool = False) -> tuple[str, list[str]]:
        """Open a page; what goes to stdout, and what its console says."""
        profile = self.folder / f"profile-{sum(1 for _ in self.folder.iterdir())}"
        scheme = [_DARK] if dark else []
        done = subprocess.run(
            [PROGRAM or "chromium", *_OPTIONS, f"--user-data-dir={profile}", *scheme, *options,
             page.as_uri()],
            capture_output=True, text=True, check=True, timeout=_SECONDS,
        )  # fmt: skip
        return done.stdout, re.findall(r"CONSOLE.*", done.stderr)

    def screenshot(self, page: Path, width: int, height: int, *, dark: bool) -> Path:
        """A picture of a window of this size."""
        name = f"{page.stem}-{width}-{'dark' if dark else 'light'}.png"
        picture = page.with_name(name)
        self.run(page, f"--screenshot={picture}", f"--window-size={width},{height}", dark=dark)
        return picture
