"""The Singer target: settings, mode, reading the stream; nothing else."""

from __future__ import annotations

import copy
import json
import logging
import os
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
from dotenv import find_dotenv, load_dotenv
from singer_sdk.exceptions import ConfigValidationError, RecordsWithoutSchemaException
from singer_sdk.helpers._batch import BaseBatchFileEncoding
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.io_base import SingerReader
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib.json import serialize_json
from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, InputError
from target_zuora360_cleanup.lifecycle.signals import handler
from target_zuora360_cleanup.meltano.pipeline import read_pipeline
from target_zuora360_cleanup.output.points import leave_out_points, leave_out_remarks
from target_zuora360_cleanup.rows.stop import Stop
from target_zuora360_cleanup.salesforce.waits import Waits
from target_zuora360_cleanup.settings.environment import (
    TARGET_PREFIX,
    from_environment,
    loader_prefixes,
    refuse_idle_limits,
    unknown_variables,
)
from target_zuora360_cleanup.settings.reading import read_settings, unknown_settings
from target_zuora360_cleanup.settings.schema import json_schema
from target_zuora360_cleanup.settings.violations import violations
from target_zuora360_cleanup.singer.input import read_off, stoppable
from target_zuora360_cleanup.singer.stream import SingerStream
from target_zuora360_cleanup.sync.messages import check
from target_zuora360_cleanup.sync.reader import (
    BROKEN_STREAM,
    WRONG_MAPS,
    SyncReader,
    wrong_maps,
)
from target_zuora360_cleanup.sync.renamed import Named, are_remade
from target_zuora360_cleanup.sync.sinks import StreamTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from singer_sdk import Sink
    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.plugin_base import _ConfigInput

    from target_zuora360_cleanup.cleanup.run import Run
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.sync.block import Taker
    from target_zuora360_cleanup.sync.sink import SyncSink
    from target_zuora360_cleanup.sync.story import Story


class _RunReader(SingerReader):
    """Hands the tap's stream to a run, which reads it its own way and tells how it ended."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    @override
    def process_lines(
        self,
        file_input: IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        stream = SingerStream(stoppable(file_input, self._run.stop))
        self._run.follow(stream).reraise()
        return Counter(RECORD=sum(stream.counts.values()), SCHEMA=len(stream.schemas))


class TargetZuora360Cleanup(StreamTarget):
    """Singer target that performs the Zuora 360 Sync Cleanup.

    It deletes Zuora's records from Salesforce and resets the tap's bookmarks, so that the next sync
    is a full one.
    """

    name = "target-zuora360-cleanup"
    package_name = "target-zuora360-cleanup"
    config_jsonschema: ClassVar[dict[str, Any]] = json_schema()
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.BATCH,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    waits: ClassVar[Waits] = Waits()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        self._stop = Stop()
        self._run: Run | None = None
        self._sync: Story | None = None
        self._plain: dict[str, SyncSink | None] = {}
        try:
            super().__init__(setup_mapper=False, **kwargs)
            leave_out_points(os.environ)
            self._begin(read_settings(self.config))
        except (InputError, *WRONG_MAPS) as exc:
            error = str(exc if isinstance(exc, InputError) else wrong_maps(exc))
            raise ConfigValidationError(
                error, errors=[error], schema=self.config_jsonschema
            ) from None

    def _begin(self, settings: Settings) -> None:
        """Begin a run of these settings.

        Raises:
            InputError: They can't be carried out.
        """
        refuse_idle_limits(os.environ, settings)
        # `--version` and `--about` need none of it, and Meltano asks for them often.
        if settings.mode == "sync":
            from target_zuora360_cleanup.sync.run import SyncRun

            run = SyncRun.beside_a_tap(self._context(settings))
            self._sync = run.story
            self._reader = SyncReader(run, self._finish, self._process_state_message)
            self.message_reader = self._reader
            self.setup_mapper()
            return
        from target_zuora360_cleanup.cleanup.run import Run

        self._run = Run.beside_a_tap(self._context(settings))
        self.message_reader = _RunReader(self._run)

    def _context(self, settings: Settings) -> Context:
        from target_zuora360_cleanup.lifecycle.context import Context

        pipeline = read_pipeline(os.environ)
        return Context.begin(settings, pipeline=pipeline, stop=self._stop, waits=self.waits)

    @override
    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """The sink of every stream; only mode `sync` has any."""
        from target_zuora360_cleanup.sync.sink import SyncSink

        return SyncSink

    def begin_stream(self, name: str, fields: Sequence[str]) -> tuple[Taker, ...]:
        """What takes the records of a stream; see `Story.stream`."""
        if self._sync is None:
            raise RuntimeError("only mode sync takes records")
        return self._sync.stream(Named(self._stream, name), fields)

    def take_record(self, takers: Sequence[Taker], record: dict[str, Any]) -> None:
        """Take in a record; a batch is loaded, once it is full, while the stream is read on."""
        if self._sync and self._sync.take(takers, record):
            self._load_beside(self._sync)

    def _load_beside(self, story: Story) -> None:
        self._reader.tell_state()
        story.settle()
        story.hand_over(copy.deepcopy(self._latest_state), self._pass_on)

    @override
    def _handle_max_record_age(self) -> None:
        """Have loaded what has waited long for more, as a full batch is."""
        is_old = self._max_record_age_in_minutes > self._MAX_RECORD_AGE_IN_MINUTES
        if self._sync and is_old:
            self._load_beside(self._sync)
            self._reset_max_record_age()

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        check(message_dict)
        self._stream = message_dict["stream"]
        super()._process_schema_message(message_dict)
        from target_zuora360_cleanup.sync.sink import plain_sink

        name = message_dict["stream"]
        self._plain[name] = plain_sink(self.mapper.stream_maps[name], self.get_sink)

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """Take a record in: where nothing is made of it, without the SDK's work on each."""
        stream, record = message_dict.get("stream"), message_dict.get("record")
        if self._sync and isinstance(stream, str):
            self._sync.count(stream)
            if (sink := self._plain.get(stream)) and type(record) is dict:
                sink.take(record)
                self._handle_max_record_age()
                return
        check(message_dict)
        self._stream = message_dict["stream"]
        super()._process_record_message(message_dict)

    def _finish(self) -> None:
        """Load the rest; then the last state may be passed on."""
        if self._sync:
            self._sync.come_to_its_end()
            self._sync.settle()
            self._sync.finish()
            super().process_endofpipe()

    @override
    def process_endofpipe(self) -> None:
        """Do nothing more: a run has come to its end when its stream is read."""

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Pass a state on, but only when every record before it is in Salesforce."""
        if self._sync and self._sync.flush():
            self._pass_on(state)

    def _pass_on(self, state: dict[str, Any]) -> None:
        passed = self._sync.to_pass(state) if self._sync else None
        if self._sync and passed is not None:
            # (the SDK reads numbers as decimals, and can't write those)
            line = serialize_json(passed)
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            self._sync.passed_on(json.loads(line))

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Take note of a state, also of one that is never passed on."""
        check(message_dict)
        super()._process_state_message(message_dict)
        if self._sync:
            self._sync.saw(message_dict["value"])

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Pass over a version of a stream that has not begun; it says nothing of any row."""
        check(message_dict)
        self._stream = message_dict["stream"]
        if self._stream in self.mapper.stream_maps:
            super()._process_activate_version_message(message_dict)

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        """Take the records of files in; none of a stream that `stream_maps` leaves out.

        Raises:
            InputError: `stream_maps` makes other records of them, which the SDK does of none that
                come in files.
        """
        check(message_dict)
        self._stream = stream = message_dict["stream"]
        if stream not in self.mapper.stream_maps:
            raise RecordsWithoutSchemaException(
                f"A BATCH of the stream '{stream}' came before a SCHEMA of it"
            )
        if are_remade(stream, self.config.get("stream_maps") or {}):
            raise InputError(
                f"The records of stream '{stream}' come in files (BATCH), of which stream_maps can "
                "make nothing: have the tap send them one by one, or take the stream out of "
                "stream_maps."
            )
        encoding = BaseBatchFileEncoding.from_dict(message_dict["encoding"])
        for each in self.mapper.stream_maps[stream]:
            if type(each) is not RemoveRecordTransform:
                sink = self.get_sink(each.stream_alias)
                sink.process_batch_files(encoding, message_dict["manifest"])
                self._handle_max_record_age()

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Refuse settings that don't exist, here or in the environment, and wrong values."""
        environ = os.environ
        errors = [
            *unknown_settings(self.config),
            *unknown_variables(environ, *loader_prefixes(environ)),
            *violations(self.config),
        ]
        if errors and raise_errors:
            raise ConfigValidationError(
                "Config validation failed", errors=errors, schema=self.config_jsonschema
            )
        return errors

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - a property of the class
        """The settings in the environment and in a `.env` file, read as `zuora360` reads them."""
        load_dotenv(find_dotenv(usecwd=True))
        return from_environment(os.environ, TARGET_PREFIX)

    @override
    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add nothing: those of the SDK's settings that hold here are declared with our own."""

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Ask the run to stop; it never prints a state that does not hold."""
        handler(self._stop, self._status_if_killed)(signum, frame)

    def _status_if_killed(self) -> int:
        return self._run.status_if_killed if self._run else CleanupError.exit_status

    @override
    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the configuration files; a file that is no good is the user's to mend."""
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError, TypeError) as exc:
            raise click.BadParameter(f"can't read the configuration: {exc}") from None

    @override
    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
    ) -> None:
        """Run from the command line; exit statuses as docs/reports.md lists them."""
        # Its warnings of repeated requests read like failures.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        leave_out_remarks(cls.name, os.environ)
        try:
            super().invoke(
                about=about, about_format=about_format, config=config, file_input=file_input
            )
        except ConfigValidationError as exc:
            for error in exc.errors:
                cls.logger.error("%s", error)  # noqa: TRY400 - a user's mistake needs no traceback
            read_off(file_input)
            sys.exit(InputError.exit_status)
        except BROKEN_STREAM:
            # (the report has told it, as it has the next)
            sys.exit(InputError.exit_status)
        except CleanupError as exc:
            sys.exit(exc.exit_status)


main = TargetZuora360Cleanup.cli

if __name__ == "__main__":
    main()
