"""Where what is kept lasts as long as the state does. Pure.

Meltano tells a plugin its own settings in variables. Its state is in a file on this machine where
the backend is the system database and that is SQLite, or a folder; then what is kept goes beside
it. A bucket or a database server outlives this machine's disk, so there the user has to name a
place that does too, such as a mounted volume.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = "zuora360-kept"
_SQLITE: Final = "sqlite:///"
_SYSTEM: Final = "systemdb"


def lasting_place(named: str, state_id: str, environ: Mapping[str, str]) -> Path | None:
    """The file of what is kept; None where no place is known to last.

    Args:
        named: The setting `kept_file`.
        state_id: Meltano's id of the state, but for a suffix; blank outside of Meltano.
        environ: The variables of this process.
    """
    if named:
        return Path(named).expanduser()
    folder = _state_folder(environ) if state_id else None
    if folder is None:
        return None
    return folder / _FOLDER / f"{re.sub(r'[^A-Za-z0-9._-]', '_', state_id)}.sqlite"


def _state_folder(environ: Mapping[str, str]) -> Path | None:
    backend = environ.get("MELTANO_STATE_BACKEND_URI", "")
    if backend.startswith("file:"):
        return Path(unquote(urlsplit(backend).path))
    database = environ.get("MELTANO_DATABASE_URI", "")
    path = database.removeprefix(_SQLITE).partition("?")[0]
    if backend != _SYSTEM or not database.startswith(_SQLITE) or path in ("", ":memory:"):
        return None
    return (Path(environ.get("MELTANO_PROJECT_ROOT", "")) / path).parent
