"""Answers what the plugin asks of Meltano, by Meltano's own code: one JSON line for each on stdin.

A question is `{"ask": <name>, ...}`; its answer `{"answer": ...}`, or `{"error": <sentence>}`. The
first is `begin`, with the command line of the Meltano that runs the pipeline, if there is one: it
is read by Meltano's own click commands. Nothing is kept open between two questions, since hours may
lie between them. Whatever Meltano logs goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from meltano.cli.cli import cli, detect_selected_environment
from meltano.core.block.extract_load import generate_state_id
from meltano.core.db import project_engine
from meltano.core.job.job import Job, State
from meltano.core.job_state import SINGER_STATE_KEY
from meltano.core.migration_service import MigrationService
from meltano.core.plugin.base import PluginType
from meltano.core.plugin.settings_service import PluginSettingsService
from meltano.core.project import Project
from meltano.core.project_settings_service import ProjectSettingsService
from meltano.core.state_service import StateService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from meltano.core.plugin.project_plugin import ProjectPlugin
    from sqlalchemy.orm import Session

Asked = dict[str, Any]
_MERGING = "merge"


class Answers:
    """Knows the project, and which command of Meltano's runs this pipeline."""

    def __init__(self, asked: Asked) -> None:
        command, given = _command(asked["words"])
        self._command = command
        self._given = given
        self._is_seen = bool(asked["words"])
        self._is_within = asked["is_within"]
        if uri := given.get("database_uri"):
            ProjectSettingsService.config_override["database_uri"] = uri
        self._project = Project.find(dotenv_file=given.get("env_file"))
        name = _environment(self._project, given) if command else asked["environment"]
        if name:
            self._project.activate_environment(name)
        engine, _ = project_engine(self._project, default=True)
        if not command:
            # As every command of Meltano's does; the one that runs a pipeline has done it.
            MigrationService(engine).upgrade(silent=True)

    def backend(self, _: Asked) -> str:
        """Where states are kept, without credentials: such as `s3` or `systemdb`."""
        return str(self._project.settings.get("state_backend.uri")).partition(":")[0]

    def own(self, asked: Asked) -> Asked:
        """Which state is this pipeline's, what its tap was given, and what its flags do to it."""
        given = self._given
        state_id = self._own_state_id(asked)
        with self._session() as session:
            own = self._own_run(session, state_id, asked)
            if not self._command and own is not None:
                state_id = own.job_name
            handed, known = self._handed(asked, state_id, own)
            return {
                "command": self._command,
                "environment": self._project.environment.name if self._project.environment else "",
                "state_id": state_id,
                "run_id": str(own.run_id) if own else "",
                "is_recorded": own is not None,
                "handed": handed,
                "is_handed_known": known,
                "streams": self._streams(asked, state_id, own),
                "full_refresh": bool(given.get("full_refresh")),
                "no_state_update": bool(given.get("no_state_update")),
                "merges": _merges(given),
                "force": bool(given.get("force")),
                "state_file": self._state_file(asked),
            }

    def _own_state_id(self, asked: Asked) -> str:
        if self._command in ("el", "elt"):
            return str(self._given.get("state_id") or "")
        if self._command != "run" or not self._project.environment:
            return ""
        tap, loader = (SimpleNamespace(string_id=asked[each]) for each in ("extractor", "loader"))
        suffix = self._given.get("state_id_suffix")
        return str(generate_state_id(self._project, suffix, tap, loader))  # type: ignore[arg-type]

    def _own_run(self, session: Session, state_id: str, asked: Asked) -> Job | None:
        """The record of this run.

        Meltano notes a run just before it starts the plugins, so it is the newest one at work on
        its state; of others on the same state the caller is told by `runs`. Where Meltano's process
        is not to be seen, a run with an id of a user's own may be this one as well as any other. A
        Meltano that is seen and was told something else is part of no run.
        """
        if self._given.get("no_state_update") or (self._is_seen and not self._command):
            return None
        jobs = [job for job in session.query(Job).filter(Job.ended_at.is_(None)) if _runs(job)]
        if self._command:
            jobs = [job for job in jobs if job.job_name == state_id]
        else:
            name = f"{asked['environment']}:{asked['extractor']}-to-{asked['loader']}"
            jobs = [job for job in jobs if _may_be(job.job_name, name)]
        if not jobs or len({job.job_name for job in jobs}) > 1:
            return None
        if run_id := self._given.get("run_id"):
            return next((job for job in jobs if str(job.run_id) == str(run_id)), None)
        return max(jobs, key=lambda job: job.started_at)

    def _files(self, asked: Asked, state_id: str, own: Job | None) -> Path | None:
        """The folder of the tap's files of this run."""
        dirs = self._project.dirs
        if self._command not in ("el", "elt"):
            return Path(dirs.run(asked["extractor"], make_dirs=False))
        return Path(dirs.job(state_id, str(own.run_id), make_dirs=False)) if own else None

    def _handed(self, asked: Asked, state_id: str, own: Job | None) -> tuple[Any, bool]:
        """The state that the tap was started with, and whether that is known."""
        folder = self._files(asked, state_id, own)
        # (Meltano hands one to no other tap)
        takes = "state" in self._plugin(asked["extractor"], PluginType.EXTRACTORS).capabilities
        if folder is None or not folder.is_dir() or not takes:
            return None, folder is not None and folder.is_dir()
        try:
            return json.loads((folder / "state.json").read_text(encoding="utf-8")), True
        except FileNotFoundError:
            return None, True
        except (OSError, ValueError):
            return None, False

    def _state_file(self, asked: Asked) -> str:
        """A file of the user's that the tap is given in place of what is stored."""
        if given := self._given.get("state"):
            return str(given)
        plugin = self._plugin(asked["extractor"], PluginType.EXTRACTORS)
        return str(PluginSettingsService(self._project, plugin).get("_state") or "")

    def _streams(self, asked: Asked, state_id: str, own: Job | None) -> list[str]:
        """The streams that the tap's catalog selects; none where it has no catalog."""
        folder = self._files(asked, state_id, own)
        with suppress(OSError, ValueError, KeyError, TypeError):
            text = folder and (folder / "tap.properties.json").read_text(encoding="utf-8")
            return [
                each["tap_stream_id"]
                for each in json.loads(text or "{}")["streams"]
                if _is_selected(each)
            ]
        return []

    def known(self, _: Asked) -> list[str]:
        """The ids of all states."""
        with self._states() as states:
            return sorted(states.state_store_manager.get_state_ids())

    def read(self, asked: Asked) -> Asked:
        """What the next run would be given; `state` is null where there is none."""
        with self._states() as states:
            stored = states.get_state(asked["id"])
        if stored and SINGER_STATE_KEY not in stored:
            raise ValueError(f"it holds no `{SINGER_STATE_KEY}`")
        return {"state": stored[SINGER_STATE_KEY] if stored else None}

    def write(self, asked: Asked) -> None:
        """Replace a state."""
        with self._states() as states:
            states.set_state(asked["id"], json.dumps({SINGER_STATE_KEY: asked["state"]}))

    def runs(self, asked: Asked) -> list[Asked]:
        """Runs of some pipelines that go on, or have ended after a moment."""
        moment = datetime.fromisoformat(asked["since"])
        with self._session() as session:
            jobs = session.query(Job).filter(Job.job_name.in_(asked["ids"]))
            return [_recorded(job) for job in jobs if _runs(job) or _has_ended(job, moment)]

    def pipelines(self, _: Asked) -> list[str]:
        """The ids of all pipelines that run now, whether they have stored anything or not."""
        with self._session() as session:
            jobs = session.query(Job).filter(Job.ended_at.is_(None))
            return sorted({job.job_name for job in jobs if _runs(job)})

    def settings(self, asked: Asked) -> Asked:
        """Some settings of the plugins that run one of some programs, by the plugin's name.

        Outside of Meltano they are those of the environment that it would take by itself;
        `environment` is null where it would take none of those that there are.
        """
        project, environment = self._project, getattr(self._project.environment, "name", "")
        is_told = bool(environment) or self._is_within
        if not is_told and (environment := _environment(project, {})):
            project = Project(project.root, dotenv_file=project.dotenv_file)
            project.activate_environment(environment)
        is_one_missing = not is_told and not environment and project.meltano.environments
        plugins = {
            plugin.name: _values(project, plugin, asked["names"])
            for plugin in project.plugins.plugins()
            if plugin.executable in asked["programs"]
        }
        return {
            "environment": None if is_one_missing else environment,
            "is_told": is_told,
            "plugins": plugins,
        }

    def own_settings(self, asked: Asked) -> Asked:
        """Some settings of one plugin, whatever it runs, and though others can't be read."""
        plugin = self._plugin(asked["plugin"], PluginType.from_cli_argument(asked["kind"]))
        return _values(self._project, plugin, asked["names"])

    def _plugin(self, name: str, kind: PluginType) -> ProjectPlugin:
        found: ProjectPlugin = self._project.plugins.find_plugin(name, plugin_type=kind)
        return found

    def _session(self) -> closing[Session]:
        return closing(project_engine(self._project)[1]())

    def _states(self) -> _Closing:
        return _Closing(self._project, self._session())


class _Closing:
    """A state service with a session of its own."""

    def __init__(self, project: Project, session: closing[Session]) -> None:
        self._project, self._session = project, session

    def __enter__(self) -> StateService:
        self._service = StateService(self._project, self._session.__enter__())
        return self._service

    def __exit__(self, *failure: object) -> None:
        # (Meltano 4.2 and older close nothing)
        with self._session, suppress(AttributeError):
            self._service.close()


def _values(project: Project, plugin: ProjectPlugin, names: list[str]) -> Asked:
    """The value of each of these settings, and how it is written where variables stand in it."""
    settings = PluginSettingsService(project, plugin)
    return {
        each.name: (value, about.get("unexpanded_value"))
        for each in settings.definitions()
        if each.name in names
        for value, about in [settings.get_with_metadata(each.name)]
    }


def _command(words: list[str]) -> tuple[str, Asked]:
    """The command that these words are, where it runs a pipeline, and its options for click."""
    if not words:
        return "", {}
    group = cli.make_context("meltano", list(words), resilient_parsing=True)
    # (the words of a group's command click keeps to itself)
    protected: list[str] = getattr(group, "_protected_args", None) or []
    name, command, rest = cli.resolve_command(group, [*protected, *group.args])
    if command is None:
        raise ValueError(f"`meltano {words[0]}` is not known")
    group.obj = {"project": None}
    # (Options alone: what it installs, and whether it is out of date, is not of this program's.)
    for each in command.params:
        if each.name == "install_plugins":
            each.callback = None
    runs = name in ("run", "el", "elt")
    context = command.make_context(name, list(rest), parent=group, resilient_parsing=not runs)
    return (name or "") if runs else "", {**group.params, **context.params}


def _environment(project: Project, given: Asked) -> str:
    name, _ = detect_selected_environment(
        cli_environment=given.get("environment"),
        cli_no_environment=bool(given.get("no_environment")),
        project=project,
    )
    return name or ""


def _merges(given: Asked) -> str:
    """What has Meltano merge a line of stdout into the stored state; blank where nothing has."""
    strategy = str(given.get("state_strategy") or "")
    if given.get("merge_state") or strategy == _MERGING:
        return "--merge-state" if given.get("merge_state") else f"--state-strategy {strategy}"
    return "--full-refresh" if given.get("full_refresh") and strategy != "overwrite" else ""


def _is_selected(stream: Asked) -> bool:
    top = next((each for each in stream["metadata"] if not each["breadcrumb"]), None)
    return bool(top and top["metadata"].get("selected"))


def _may_be(state_id: str, name: str) -> bool:
    """Whether a state may be that of a pair; it is not where its id names another one."""
    names_a_pair = ":" in state_id and "-to-" in state_id
    return f"{state_id}:".startswith(f"{name}:") or not names_a_pair


def _runs(job: Job) -> bool:
    return job.is_running() and not job.is_stale()


def _has_ended(job: Job, moment: datetime) -> bool:
    """Whether a run has ended later; edits of a state are recorded as runs too."""
    is_edit = job.state is State.STATE_EDIT
    return not is_edit and job.ended_at is not None and job.ended_at >= moment


def _recorded(job: Job) -> Asked:
    return {
        "state_id": job.job_name,
        "run_id": str(job.run_id),
        "started_at": job.started_at.isoformat(),
        "is_running": _runs(job),
    }


def _sentence(exc: BaseException) -> str:
    cause = exc.__cause__ or exc
    said = getattr(cause, "message", None) or str(cause) or type(cause).__name__
    return str(said)


def serve(questions: Iterator[str], out: TextIO) -> None:
    """Answer each question until there are no more."""
    answers: Answers | None = None
    for line in questions:
        asked = json.loads(line)
        try:
            if answers is None:
                answers = Answers(asked)
                answer: object = "ready"
            else:
                ask: Callable[[Asked], object] = getattr(answers, asked["ask"])
                answer = ask(asked)
            told = {"answer": answer}
        except Exception as exc:  # noqa: BLE001 - whatever Meltano raises is told in a sentence
            told = {"error": _sentence(exc)}
        out.write(json.dumps(told) + "\n")
        out.flush()


def main() -> None:
    """Serve stdin; stdout is for answers alone, whatever Meltano prints."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        serve(iter(sys.stdin), out)


if __name__ == "__main__":
    main()
