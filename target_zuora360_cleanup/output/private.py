"""Folders and files that nobody but the user can read, whatever the umask.

Backups and reports hold customers' data.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import CleanupError

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER, _FILE = 0o700, 0o600
_NAME: Final = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With which a spreadsheet takes a text for a formula (OWASP, CSV Injection)."""


def make_folder(path: Path) -> None:
    """Make a folder, and the parents that are missing.

    Raises:
        FileExistsError: It is there.
        OSError: It can't be made.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    path.mkdir()
    path.chmod(_FOLDER)


def open_file(path: Path, mode: str, **more: Any) -> IO[Any]:  # noqa: ANN401 - those of `open`
    """Open a file to write to it, as `open` does."""
    file = path.open(mode, **more)
    path.chmod(_FILE)
    return file


def file_name(name: str) -> str:
    """The name of an object or of one of its fields, which is to be part of a file's name.

    Raises:
        CleanupError: It is none that Salesforce gives, and might lead elsewhere.
    """
    if not _NAME.fullmatch(name):
        raise CleanupError(
            f"The org names an object or a field {name!r}, which is no API name; no file is "
            "written under such a name. See whether what answers is Salesforce."
        )
    return name


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
