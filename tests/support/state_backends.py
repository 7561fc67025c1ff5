"""Places where Meltano can keep its state, each started for one test."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BUCKET = "meltano-state"
_START_SECONDS = 30


@dataclass(frozen=True)
class Backend:
    """Where the state is.

    Attributes:
        variables: What tells Meltano so.
        read: What is stored there, as text; looked at without Meltano.
    """

    variables: Mapping[str, str]
    read: Callable[[], str]


@contextlib.contextmanager
def s3(_: Path) -> Iterator[Backend]:
    """A bucket of S3, as moto serves it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        bucket = f"http://{host}:{port}/{BUCKET}"
        requests.put(bucket, timeout=_START_SECONDS).raise_for_status()

        def read() -> str:
            listed = requests.get(bucket, timeout=_START_SECONDS).text
            found = re.findall(r"<Key>(.*?state\.json)</Key>", listed)
            return "".join(requests.get(f"{bucket}/{key}", timeout=9).text for key in found)

        yield Backend(
            {
                "MELTANO_STATE_BACKEND_URI": f"s3://{BUCKET}/states",
                "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": f"http://{host}:{port}",
                "MELTANO_STATE_BACKEND_S3_AWS_ACCESS_KEY_ID": "any",
                "MELTANO_STATE_BACKEND_S3_AWS_SECRET_ACCESS_KEY": "any",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            read,
        )
    finally:
        server.stop()


@contextlib.contextmanager
def postgresql(_: Path) -> Iterator[Backend]:
    """Meltano's system database in a PostgreSQL server of the test's own, on a Unix socket."""
    programs = _postgresql_programs()
    folder = Path(tempfile.mkdtemp(prefix="zuora360-postgresql-"))
    user = _server_user()
    shutil.chown(folder, user.pw_name)
    options = _as_user(user)
    try:
        subprocess.run(
            [programs / "initdb", "--pgdata", folder / "data", "--username=meltano",
             "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, timeout=_START_SECONDS, cwd=folder, **options,
        )  # fmt: skip
        command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-k", folder]
        command += ["-c", "listen_addresses=", "-c", "fsync=off"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **options) as server,
        ):
            try:
                url = f"postgresql+psycopg2://meltano@/postgres?host={folder}"
                _wait_for(url, server, folder / "log")
                yield Backend({"MELTANO_DATABASE_URI": url}, lambda: _state_table(url))
            finally:
                server.terminate()
                server.wait(_START_SECONDS)
    finally:
        shutil.rmtree(folder)


BACKENDS = {"s3": s3, "postgresql": postgresql}
"""Those of a life cycle; the others have the system database, paired pipelines files too."""


def _state_table(url: str) -> str:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT state_id, completed_state FROM state"))
            return "".join(f"{row[0]} {row[1]}" for row in rows)
    finally:
        engine.dispose()


def _postgresql_programs() -> Path:
    """Where the server's programs are; skips the test where there are none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = debian[-1] if debian else shutil.which("initdb")
    if initdb is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    return Path(initdb).parent


def _server_user() -> pwd.struct_passwd:
    """Who runs the server, which refuses to be run by root."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _as_user(user: pwd.struct_passwd) -> dict[str, Any]:
    if user.pw_uid == os.geteuid():
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    engine, end = create_engine(url), time.monotonic() + _START_SECONDS
    try:
        while True:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            with contextlib.suppress(Exception), engine.connect():
                return
            time.sleep(0.05)
    finally:
        engine.dispose()
