"""The data from which all pages are generated: contracts, evidence, checks, faults, recordings, results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import seatunnel_openapi
from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.faults.catalogue import Fault, all_faults
from seatunnel_conformance.faults.results import FaultResult, FaultsStarted, read_results
from seatunnel_conformance.replay import Recording
from seatunnel_conformance.replay.recording import recordings_folder
from seatunnel_docs.evidence import ClauseHistory, histories
from seatunnel_docs.exchanges import Exchanges
from seatunnel_docs.results import ClientResult, PublishedResult, client_results, published_results, results_folder
from seatunnel_openapi import Contract, Operation, Overlay
from seatunnel_openapi.comparison import DeviationRow, deviations

FAULTS: Final = "faults.ndjson"
"""The file with the published results of `seatunnel-v2 faults`, in `docs/`."""


@dataclass(frozen=True)
class FaultRun:
    """The published results of `seatunnel-v2 faults`."""

    header: FaultsStarted
    results: tuple[FaultResult, ...]

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a file of results; None if it does not exist or has no header."""
        header, results = read_results(path) if path.is_file() else (None, [])
        return cls(header, tuple(results)) if header is not None else None

    def result(self, fault_id: str) -> FaultResult | None:
        """Return the result of a fault, None if it was not tried."""
        return next((result for result in self.results if result.fault == fault_id), None)


@dataclass(frozen=True)
class Knowledge:
    """The data from which all pages are generated.

    `contracts` is by release, in the order of releases. `clauses` and `checks` are by clause id.
    """

    contracts: Mapping[str, Contract]
    chain: tuple[Overlay, ...]
    clauses: Mapping[str, ClauseHistory]
    checks: Mapping[str, Check]
    faults: tuple[Fault, ...]
    fault_run: FaultRun | None
    exchanges: Exchanges
    differences: tuple[DeviationRow, ...]
    results: tuple[PublishedResult, ...]
    clients: tuple[ClientResult, ...]

    @classmethod
    def gather(cls, sources: Path) -> Self:
        """Load all data. `sources` is the folder that `sources_folder` returns."""
        contracts = {release: seatunnel_openapi.load(release) for release in seatunnel_openapi.releases()}
        chain = seatunnel_openapi.overlays()
        exchanges = Exchanges(dict(_recordings(contracts, recordings_folder())))
        return cls(
            contracts=contracts,
            chain=chain,
            clauses=histories(contracts),
            checks={check.clause_id: check for check in all_checks()},
            faults=all_faults(),
            fault_run=FaultRun.load(sources / FAULTS),
            exchanges=exchanges,
            differences=deviations(seatunnel_openapi.load(), chain),
            results=tuple(published_results(results_folder(sources))),
            clients=tuple(client_results(results_folder(sources))),
        )

    @property
    def releases(self) -> tuple[str, ...]:
        """The names of all releases, `documented` first."""
        return tuple(self.contracts)

    @property
    def recorded_releases(self) -> frozenset[str]:
        """The releases that have recordings."""
        return frozenset(self.exchanges.names)

    def operations(self) -> dict[str, dict[str, Operation]]:
        """Return the operations by id, each by release, in the order in which releases add operations."""
        found: dict[str, dict[str, Operation]] = {}
        for release, contract in self.contracts.items():
            for operation in contract.operations:
                found.setdefault(operation.id, {})[release] = operation
        return found

    def clauses_of(self, operation_id: str | None, group: str | None = None) -> list[ClauseHistory]:
        """Return the clauses of an operation; for None, the clauses about several operations.

        With `group`, only the clauses of this group are returned.
        """
        return [
            history
            for history in self.clauses.values()
            if history.newest.operation_id == operation_id and group in {None, history.newest.group}
        ]

    def faults_of(self, clause_id: str) -> list[Fault]:
        """Return the faults that break a clause."""
        return [fault for fault in self.faults if clause_id in fault.breaks]

    def differences_of(self, paths: Iterable[str]) -> list[DeviationRow]:
        """Return the deviations that affect at least one of the paths."""
        wanted = set(paths)
        return [row for row in self.differences if wanted.intersection(row.paths)]


def _recordings(releases: Iterable[str], folder: Path) -> Iterator[tuple[str, Sequence[Recording]]]:
    """Yield each recorded release with its recordings: first `<release>.ndjson`, then `<release>+*.ndjson`."""
    for release in releases:
        files = [folder / f"{release}.ndjson", *sorted(folder.glob(f"{release}+*.ndjson"))]
        found = [Recording.load(file) for file in files if file.is_file()]
        if found:
            yield release, found
