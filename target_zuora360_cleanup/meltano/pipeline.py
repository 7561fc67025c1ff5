"""What Meltano tells a plugin of the pipeline that it is part of, in variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TEST_STREAM: Final = "meltano_test_stream"
"""The stream that `meltano config test` sends to a loader."""


@dataclass(frozen=True)
class Pipeline:
    """The Meltano pipeline around a target; all blank outside of Meltano.

    Attributes:
        extractor: The tap's plugin name.
        loader: The target's plugin name.
        environment: Meltano's environment.
        start_date: The tap's `start_date` as it was set.
    """

    extractor: str = ""
    loader: str = ""
    environment: str = ""
    start_date: str = ""

    @property
    def name(self) -> str:
        """The id of its state, but for a suffix, of which no plugin is told."""
        return f"{self.environment}:{self.extractor}-to-{self.loader}" if self.has_tap else ""

    @property
    def has_tap(self) -> bool:
        """Whether Meltano runs a tap before the target, and stores what the target writes."""
        return bool(self.extractor and self.loader)

    @property
    def is_invoked(self) -> bool:
        """Whether Meltano runs the target alone (`meltano invoke`): it stores nothing."""
        return bool(self.loader and not self.extractor)


@dataclass(frozen=True)
class OwnPlugin:
    """What this process is in a Meltano project.

    Attributes:
        kind: `loader` or `utility`.
        name: Its name there.
    """

    kind: str
    name: str


def own_plugin(environ: Mapping[str, str]) -> OwnPlugin | None:
    """The plugin of a Meltano project that runs as this process; None outside of Meltano."""
    for kind in ("utility", "loader"):
        if name := environ.get(f"MELTANO_{kind.upper()}_NAME"):
            return OwnPlugin(kind, name)
    return None


def read_pipeline(environ: Mapping[str, str]) -> Pipeline:
    """The pipeline that `environ` describes."""
    return Pipeline(
        extractor=environ.get("MELTANO_EXTRACTOR_NAME", ""),
        loader=environ.get("MELTANO_LOADER_NAME", ""),
        environment=environ.get("MELTANO_ENVIRONMENT", ""),
        start_date=environ.get("MELTANO_EXTRACT_START_DATE", ""),
    )
