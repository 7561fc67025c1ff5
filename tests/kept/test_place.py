"""Where what is kept lasts as long as the state does."""

from __future__ import annotations

from pathlib import Path

import pytest

from target_zuora360_cleanup.kept.place import lasting_place

ID = "prod:tap-zuora-to-target:eu"
FILE = "zuora360-kept/prod_tap-zuora-to-target_eu.sqlite"
SYSTEM = {
    "MELTANO_STATE_BACKEND_URI": "systemdb",
    "MELTANO_DATABASE_URI": "sqlite:////data/.meltano/meltano.db",
    "MELTANO_PROJECT_ROOT": "/data",
}


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        (SYSTEM, f"/data/.meltano/{FILE}"),
        ({**SYSTEM, "MELTANO_DATABASE_URI": "sqlite:///.meltano/m.db"}, f"/data/.meltano/{FILE}"),
        ({"MELTANO_STATE_BACKEND_URI": "file:///mnt/a%20b"}, f"/mnt/a b/{FILE}"),
    ],
)
def test_a_state_in_a_file_of_this_machine_has_it_beside_it(
    environ: dict[str, str], place: str
) -> None:
    assert lasting_place("", ID, environ) == Path(place)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"MELTANO_STATE_BACKEND_URI": "systemdb"},
        {**SYSTEM, "MELTANO_DATABASE_URI": "postgresql://host/meltano"},
        {**SYSTEM, "MELTANO_DATABASE_URI": "sqlite:///:memory:"},
        {**SYSTEM, "MELTANO_STATE_BACKEND_URI": "s3://bucket/state"},
        # Nobody says what the backend is: it may be anything.
        {"MELTANO_DATABASE_URI": SYSTEM["MELTANO_DATABASE_URI"]},
    ],
)
def test_elsewhere_no_place_is_known_to_last(environ: dict[str, str]) -> None:
    assert lasting_place("", ID, environ) is None


def test_outside_of_meltano_nothing_is_guessed() -> None:
    assert lasting_place("", "", SYSTEM) is None


def test_what_the_user_names_counts() -> None:
    assert lasting_place("/mnt/kept.sqlite", "", {}) == Path("/mnt/kept.sqlite")
