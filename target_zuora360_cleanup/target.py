"""The Singer target: settings, mode, reading the stream; nothing else."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import Sink, Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.io_base import SingerReader
from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, InputError
from target_zuora360_cleanup.meltano import parent_command_line, read_pipeline
from target_zuora360_cleanup.settings_input import read_settings, unknown_settings
from target_zuora360_cleanup.settings_schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.plugin_base import _ConfigInput

    from target_zuora360_cleanup.run import Run
    from target_zuora360_cleanup.settings import Settings


class _RunReader(SingerReader):
    """Hands the tap's stream to a run, which reads it its own way."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    @override
    def process_lines(
        self,
        file_input: IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        stream = self._run.follow(_binary(file_input))
        return Counter(RECORD=sum(stream.counts.values()), SCHEMA=len(stream.schemas))


def _binary(file_input: IO[str] | None) -> IO[bytes] | None:
    source = file_input or sys.stdin
    if isinstance(source, io.StringIO):
        return io.BytesIO(source.getvalue().encode())
    return getattr(source, "buffer", None)


class TargetZuora360Cleanup(Target):
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
    ]
    default_sink_class = Sink

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        self._run: Run | None = None
        super().__init__(setup_mapper=False, **kwargs)
        settings = self._read_settings()
        pipeline = read_pipeline(os.environ, parent_command_line())
        # `--version` and `--about` need none of it, and Meltano asks for them often.
        from target_zuora360_cleanup.run import Run

        self._run = Run(settings, pipeline)
        self.message_reader = _RunReader(self._run)

    def _read_settings(self) -> Settings:
        try:
            settings = read_settings(self.config)
        except InputError as exc:
            raise ConfigValidationError(
                str(exc), errors=[str(exc)], schema=self.config_jsonschema
            ) from None
        if settings.mode == "sync":
            raise InputError(
                "mode 'sync' is not available yet; use 'plan', 'cleanup' or 'reset', and your "
                "other loader to sync."
            )
        return settings

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Also refuse settings that don't exist."""
        errors = unknown_settings(self.config)
        if errors and raise_errors:
            raise ConfigValidationError(
                "Config validation failed", errors=errors, schema=self.config_jsonschema
            )
        return errors + super()._validate_config(raise_errors=raise_errors)

    @override
    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add nothing: the SDK's own settings concern loading, and nothing is loaded."""

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop the run; never print the tap's state."""
        if self._run is None:
            sys.exit(CleanupError.exit_status)
        self._run.interrupt(signal.Signals(signum).name)

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
        """Run from the command line; exit statuses as the README lists them."""
        # Its warnings of repeated requests read like failures.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        try:
            super().invoke(
                about=about, about_format=about_format, config=config, file_input=file_input
            )
        except ConfigValidationError as exc:
            for error in exc.errors:
                cls.logger.error("%s", error)  # noqa: TRY400 - a user's mistake needs no traceback
            sys.exit(InputError.exit_status)
        except CleanupError as exc:
            if not exc.told:
                cls.logger.error("%s", exc)  # noqa: TRY400 - the same
            sys.exit(exc.exit_status)


main = TargetZuora360Cleanup.cli
