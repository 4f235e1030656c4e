"""The connectors that jobs may name: this engine runs some, and simulates others of the release."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, Self, TypeAlias, TypeVar

from seatunnel_openapi.connectors import Connectors, connectors_of
from seatunnel_openapi.contract import Contract
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FactoryFailed, OptionsMissing, PluginUnknown

ConnectorKind: TypeAlias = Literal["source", "sink"]
_Fact = TypeVar("_Fact")


class ConnectorMode(StrEnum):
    """How this engine treats connectors that it can't run."""

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

_REFUSALS: Final = {"plugin-not-found": PluginUnknown, "factory-failed": FactoryFailed}
"""The error of a connector that is not installed, by the fact `unknownConnector`."""


def _by_lower_name(facts: Mapping[str, _Fact]) -> Mapping[str, _Fact]:
    return {name.lower(): fact for name, fact in facts.items()}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The connectors of a release, and what is done with them. The default has only those that this engine runs."""

    mode: ConnectorMode = ConnectorMode.STRICT
    refusal: Callable[[str, str], EngineError] = PluginUnknown
    """Makes the error for the kind and name of a connector that is not there."""
    jars: Mapping[ConnectorKind, Mapping[str, str]] = field(default_factory=dict)
    """Names of jars by lower-case name of the connector."""
    required: Mapping[ConnectorKind, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Options that a connector needs, by its lower-case name; a bar is between alternatives."""
    single_table: frozenset[str] = frozenset()
    """Lower-case names of sinks that write a single table."""

    @classmethod
    def of(cls, release: Connectors, mode: ConnectorMode, refusal: Callable[[str, str], EngineError]) -> Self:
        """Take the facts about the connectors of a release."""
        return cls(
            mode=mode,
            refusal=refusal,
            jars={"source": _by_lower_name(release.sources), "sink": _by_lower_name(release.sinks)},
            required={
                "source": _by_lower_name(release.required["source"]),
                "sink": _by_lower_name(release.required["sink"]),
            },
            single_table=frozenset(map(str.lower, release.single_table)),
        )

    @classmethod
    def of_contract(cls, contract: Contract, mode: ConnectorMode) -> Self:
        """Take the facts of a contract and of the connectors of its release."""
        refusal = _REFUSALS[contract.operation("submit_job").behaviour.choice("unknownConnector")]
        return cls.of(connectors_of(contract.release), mode, refusal)

    def require(self, kind: ConnectorKind, plugin: str, options: Options) -> None:
        """Raise what refuses a connector that is not to be simulated, or one that lacks an option (`FactoryFailed`)."""
        name = plugin.lower()
        known = name in self.jars.get(kind, {})
        if self.mode is ConnectorMode.STRICT or (self.mode is ConnectorMode.SIMULATE and not known):
            raise self.refusal(kind, plugin)
        missing = [key for key in self.required.get(kind, {}).get(name, ()) if not options.has(*key.split("|"))]
        if missing:
            raise FactoryFailed(kind, plugin) from OptionsMissing(*missing)

    def jar(self, kind: ConnectorKind, plugin: str) -> str:
        """Return the name of the jar that a connector would be loaded from."""
        name = plugin.lower()
        return (
            self.jars.get(kind, {}).get(name) or _RUN[kind].get(name) or f"connector-{re.sub(r'[^a-z0-9-]', '-', name)}"
        )
