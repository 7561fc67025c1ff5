"""A Meltano pipeline around the target's core, in this process: Meltano's own code, no start of it.

What `meltano run` does around a loader is done here by the same code: its runs table, the file that
its tap is given, and `BookmarkWriter`, which stores what the loader writes.
"""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from tests.support.meltano_project import LOADER, TAP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import StringIO
    from pathlib import Path

    from target_zuora360_cleanup.meltano.inside.answers import Answers

SET: Final = {"version": 1, "UpdatedDate": "2024-01-01T00:00:00.000000Z"}
STORED: Final[dict[str, Any]] = {"bookmarks": {"UnitOfMeasure": SET, "Amendment": SET}}
OWN: Final = f"e2e:{TAP}-to-{LOADER}"


@dataclass(frozen=True)
class SetUp:
    """One way of running the target.

    Attributes:
        name: What a user calls it.
        words: What Meltano is told; none where its process can't be seen.
        state_id: Where the pair's state is; blank where there is no Meltano.
        variables: Of Meltano's environment.
        stored: The state before.
        given: What the tap says it was given, and what Meltano gave it; as stored by default.
        others: Ids of other runs at work.
        pipeline: What Meltano tells the target.
        settings: Of the target.
        is_merged: Whether Meltano merges what the target writes.
        is_kept: Whether Meltano stores what the target writes.
        is_writable: Whether the backend can be written.
    """

    name: str
    words: tuple[str, ...] = ("run", TAP, LOADER)
    state_id: str = OWN
    variables: Mapping[str, str] = field(default_factory=dict)
    stored: Any = field(default_factory=lambda: STORED)
    given: Any = field(default_factory=lambda: ...)
    others: tuple[str, ...] = ()
    pipeline: Pipeline = field(default_factory=lambda: Pipeline(TAP, LOADER, "e2e"))
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_merged: bool = False
    is_kept: bool = True
    is_writable: bool = True

    @property
    def handed(self) -> Any:
        """What Meltano gave to the tap."""
        return self.stored if self.given is ... else self.given

    def stream(self) -> bytes:
        """What the tap sends; nothing of its state where it was given none."""
        handed = self.handed or {"bookmarks": {}}
        messages: list[dict[str, Any]] = [
            {"type": "STATE", "value": {**handed, "current_stream": "UnitOfMeasure"}},
            {"type": "SCHEMA", "stream": "UnitOfMeasure", "schema": {}, "key_properties": []},
            {"type": "RECORD", "stream": "UnitOfMeasure", "record": {"Id": "1"}},
            {"type": "STATE", "value": {**handed, "current_stream": None}},
        ]
        if self.settings.get("is_silent"):
            messages = messages[1:3]
        return b"".join(json.dumps(each).encode() + b"\n" for each in messages)


class Within(Conversation):
    """Meltano's own code, asked in this process."""

    def __init__(self, answers: Answers, setup: SetUp, folder: Path) -> None:
        super().__init__(Meltano((), {}, str(folder), setup.words), setup.pipeline)
        self._answers, self._is_writable = answers, setup.is_writable

    @override
    def begin(self) -> None:
        """Nothing is started."""

    @override
    def ask(self, what: str, **given: Any) -> Any:
        if what == "write" and not self._is_writable:
            raise MeltanoFailed("Meltano says: Access Denied.")
        try:
            told = getattr(self._answers, what)(json.loads(json.dumps(given, default=float)))
        except Exception as exc:  # noqa: BLE001 - as the script that it stands for
            raise MeltanoFailed(f"Meltano says: {exc}.") from None
        return json.loads(json.dumps(told), parse_float=Decimal)


@contextmanager
def project_of(folder: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Meltano's idea of which project there is, and its environment, within."""
    from meltano.core.project import Project

    before = dict(os.environ)
    os.environ.update({"MELTANO_PROJECT_ROOT": str(folder), **variables})
    Project.deactivate()
    try:
        yield
    finally:
        Project.deactivate()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def running(setup: SetUp) -> Iterator[tuple[Any, Any]]:
    """The runs that Meltano has recorded, the state stored and handed out; job and session."""
    from meltano.core.db import project_engine
    from meltano.core.job.job import Job, State
    from meltano.core.project import Project
    from meltano.core.state_service import StateService

    project = Project.find()
    with closing(project_engine(project, default=True)[1]()) as session:
        session.query(Job).delete()
        states = StateService(project, session)
        states.clear_all_states()
        if setup.state_id and setup.stored is not None:
            states.set_state(setup.state_id, json.dumps({"singer_state": setup.stored}))
        jobs = [_job(Job, State, name) for name in (*setup.others, *_own(setup))]
        for job in jobs:
            job.save(session)
        _hand(setup, project, jobs[-1] if jobs else None)
        yield (jobs[-1] if setup.is_kept and jobs else None), session


def _own(setup: SetUp) -> tuple[str, ...]:
    return (setup.state_id,) if setup.state_id and setup.is_kept else ()


def _job(job: Any, state: Any, name: str) -> Any:
    at = datetime.now(UTC)
    return job(job_name=name, state=state.RUNNING, started_at=at, last_heartbeat_at=at)


def _hand(setup: SetUp, project: Any, job: Any) -> None:
    """Write the file with which Meltano starts the tap."""
    is_el = setup.words[:1] in (("el",), ("elt",))
    run = project.dirs.run(TAP)
    folder = project.dirs.job(job.job_name, str(job.run_id)) if is_el and job else run
    file = folder / "state.json"
    file.unlink(missing_ok=True)
    if setup.handed is not None:
        file.write_text(json.dumps(setup.handed))


def stored_after(setup: SetUp, out: StringIO, job: Any, session: Any) -> Any:
    """What is stored, once Meltano has read what the target wrote."""
    from meltano.core.job.job import Payload
    from meltano.core.plugin.singer.target import BookmarkWriter
    from meltano.core.project import Project
    from meltano.core.state_service import StateService

    states = StateService(Project.find(), session)
    flag = Payload.INCOMPLETE_STATE if setup.is_merged else Payload.STATE
    writer = BookmarkWriter(job, session, flag, states)
    for line in out.getvalue().splitlines():
        writer.writeline(line)
    return states.get_state(setup.state_id).get("singer_state") if setup.state_id else None
