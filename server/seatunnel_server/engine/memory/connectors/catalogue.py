"""Which connectors jobs may name: those that this engine runs, and those of the release that it simulates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self, TypeAlias

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.refusals import PluginUnknown

ConnectorKind: TypeAlias = Literal["source", "sink"]


class ConnectorMode(StrEnum):
    """What becomes of connectors that this engine does not run."""

    SIMULATE = "simulate"
    """Those of the release are simulated, others are refused."""
    STRICT = "strict"
    """All are refused, as by an engine on which they are not installed."""
    ANY = "any"
    """Whatever the name, it is simulated."""


_RUN: Mapping[ConnectorKind, Mapping[str, str]] = {
    "source": {"fakesource": "connector-fake"},
    "sink": {"console": "connector-console", "assert": "connector-assert", "localfile": "connector-file-local"},
}
"""The jars of the connectors that this engine runs, by lower-case name."""


def _no_jars() -> Mapping[ConnectorKind, Mapping[str, str]]:
    return {"source": {}, "sink": {}}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The connectors of a release, and what is done with them. The default has only those that this engine runs."""

    mode: ConnectorMode = ConnectorMode.STRICT
    refusal: Callable[[str, str], EngineError] = PluginUnknown
    """Makes the error for the kind and name of a connector that is not there."""
    jars: Mapping[ConnectorKind, Mapping[str, str]] = field(default_factory=_no_jars)
    """Names of jars by lower-case name of the connector."""

    @classmethod
    def of(
        cls,
        sources: Mapping[str, str],
        sinks: Mapping[str, str],
        mode: ConnectorMode,
        refusal: Callable[[str, str], EngineError],
    ) -> Self:
        """Take the jars of a release by the names of sources and sinks."""
        by_kind: tuple[tuple[ConnectorKind, Mapping[str, str]], ...] = (("source", sources), ("sink", sinks))
        return cls(mode, refusal, {kind: {name.lower(): jar for name, jar in jars.items()} for kind, jars in by_kind})

    def require(self, kind: ConnectorKind, plugin: str) -> None:
        """Raise what refuses a connector that is not to be simulated."""
        if self.mode is ConnectorMode.STRICT or (
            self.mode is ConnectorMode.SIMULATE and plugin.lower() not in self.jars[kind]
        ):
            raise self.refusal(kind, plugin)

    def jar(self, kind: ConnectorKind, plugin: str) -> str:
        """Return the name of the jar that a connector would be loaded from."""
        name = plugin.lower()
        return self.jars[kind].get(name) or _RUN[kind].get(name) or f"connector-{re.sub(r'[^a-z0-9-]', '-', name)}"
