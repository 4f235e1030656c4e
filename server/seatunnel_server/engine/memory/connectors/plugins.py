"""The place of a plugin in a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from seatunnel_openapi.option_rules import OptionRules
from seatunnel_server.engine.memory.connectors.dates import local_now
from seatunnel_server.engine.memory.limits import PlanMeter, RowMeter


@dataclass(frozen=True, slots=True)
class PluginSite:
    """The surroundings of a source or a transform: all it depends on, except for its options and its rows."""

    seed: str = ""
    """It differs between sources."""
    now: Callable[[], datetime] = local_now
    plan: PlanMeter = field(default_factory=PlanMeter)
    rows: RowMeter = field(default_factory=RowMeter)
    rules: OptionRules | None = None
    """The plugins of the release with their options; None if they are not known."""
    output_keys: Sequence[str] = ()
    """The options by which a source names its output."""
    parallelism: int = 1
    """The readers of a source."""
