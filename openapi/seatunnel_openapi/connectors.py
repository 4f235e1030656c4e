"""The connectors of a release's distribution, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from seatunnel_openapi.documents import JsonObject, read_yaml
from seatunnel_openapi.loading import chain_of, derived, shipped_folder
from seatunnel_openapi.overlay import DOCUMENTED

_FILE: Final = "connectors.yaml"


@dataclass(frozen=True, slots=True)
class Connectors:
    """The connectors of a release: the name of the jar file, without version, for each name of a source or sink."""

    sources: Mapping[str, str]
    sinks: Mapping[str, str]
    single_table: frozenset[str]
    """Sinks that write a single table, by lower-case name."""

    @classmethod
    def parse(cls, layers: Mapping[str, JsonObject], releases: tuple[str, ...]) -> Self:
        """Return the connectors of a release; `releases` are its predecessors and itself, the oldest first."""
        own = [layers[release] for release in releases if release in layers]
        jars = [pair for layer in own for pair in layer["jars"].items()]
        sources, sinks = (
            {name: jar for jar, names in jars for name in names.get(kind, ())} for kind in ("source", "sink")
        )
        single_table = frozenset(name.lower() for layer in own for name in layer.get("single-table", ()))
        return cls(sources, sinks, single_table)


@cache
def connectors_of(release: str = DOCUMENTED) -> Connectors:
    """Return the connectors of a release. Raises `UnknownRelease`, or another subclass of `ContractError`."""
    folder = shipped_folder()
    return derived("connectors", release, folder, lambda: _read(release, folder))


def _read(release: str, folder: Path) -> Connectors:
    chain = (DOCUMENTED, *(overlay.name for overlay in chain_of(release, folder)))
    return Connectors.parse(read_yaml(folder / _FILE), chain)
