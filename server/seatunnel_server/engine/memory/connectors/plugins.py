"""The surroundings of a plugin in a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from seatunnel_openapi.option_rules import OptionRules
from seatunnel_server.engine.memory.connectors.dates import local_now
from seatunnel_server.engine.memory.limits import PlanMeter, RowMeter


@dataclass(frozen=True, slots=True)
class PluginSite:
    """Everything on which a source or a transform depends, except for its options and its rows."""

    seed: str = ""
    """The seed of random values, different for each plugin."""
    now: Callable[[], datetime] = local_now
    plan: PlanMeter = field(default_factory=PlanMeter)
    rows: RowMeter = field(default_factory=RowMeter)
    rules: OptionRules | None = None
    """The option rules of the release's plugins; None if they are not known."""
    output_keys: Sequence[str] = ()
    """The names of the option with a source's output, such as `plugin_output`."""
    parallelism: int = 1
    """The number of a source's readers."""
