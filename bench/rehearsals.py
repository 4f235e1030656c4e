"""Compares the predictions of `rehearse` with reality: the behaviour of known clients before and after an upgrade.

A client runs on the reference servers of the old and the new release. The upgrade breaks the client in a scenario if
the client reported the end of the job, or the content of a list, on the old release but not on the new one. `rehearse`
predicts this from the requests to the old one, without and with the source of the client. Each pair of releases is
measured in both directions, because a downgrade rolls an upgrade back.

Usage: python -m bench.rehearsals SOURCES [--only NAME ...] [--upgrade OLD NEW ...] [--rows]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from rich.console import Console

from seatunnel_conformance.clients.known import KnownClient, KnownCommand, known_clients
from seatunnel_conformance.clients.rules import RULES, Trial
from seatunnel_conformance.clients.run import ClientPlan, try_client
from seatunnel_conformance.clients.scenarios import SCENARIOS as ALL
from seatunnel_conformance.clients.scenarios import ClientScenario, chosen
from seatunnel_conformance.rehearsal import ClientSource, Rehearsal, RequestLog, read_log, rehearse, replayed
from seatunnel_conformance.report.har import as_archive
from seatunnel_openapi import load, overlays
from seatunnel_openapi.comparison import Severity
from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions, servers_of

_PAIRS: Final = (("2.3.9", "2.3.13"), ("2.3.12", "3.0.0"), ("2.3.9", "3.0.0"), ("2.3.13", "3.1.0"))
UPGRADES: Final = (*_PAIRS, *((new, old) for old, new in _PAIRS))
SCENARIOS: Final = {
    "healthy-job": "client.finished-job",
    "failing-job": "client.failed-job",
    "unknown-id": "client.unknown-job",
    "long-list": "client.long-list",
}
"""The scenarios in which no proxy changes responses, with the rule that decides whether the client reported the end."""
TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The result for a client, a scenario and an upgrade.

    `by_log` is the rehearsal without the client's source, `rehearsal` the one with it. `broken` is whether the upgrade
    really broke the client.
    """

    client: KnownClient
    scenario: str
    by_log: Rehearsal
    rehearsal: Rehearsal
    broken: bool

    @property
    def line(self) -> str:
        """The result as a line."""
        old, new = self.rehearsal.old, self.rehearsal.new
        by_log, predicted, observed = (
            "breaks" if one else "goes on" for one in (self.by_log.breaks, self.rehearsal.breaks, self.broken)
        )
        return (
            f"{self.client.name}, {self.scenario}, {old} to {new}: "
            f"predicted {predicted} (without source: {by_log}), observed {observed}"
        )


def main() -> int:
    """Measure, and print a line for each client and upgrade; return 1 if a prediction is wrong."""
    parser = argparse.ArgumentParser(description="Compare what rehearse predicts with what breaks.")
    parser.add_argument("sources", type=Path)
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--upgrade", action="append", nargs=2, metavar=("OLD", "NEW"))
    parser.add_argument("--rows", action="store_true", help="Also print the breaking changes.")
    options = parser.parse_args()
    console, found = Console(highlight=False, soft_wrap=True), list[Measured]()
    upgrades = options.upgrade or UPGRADES
    for client in known_clients().values():
        if client.name in (options.only or known_clients()):
            for measured in _measured(client, options.sources, upgrades):
                found.append(measured)
                console.print(measured.line, markup=False)
                for row in measured.rehearsal.of(Severity.ERROR) if options.rows else ():
                    places = "; ".join(f"{one.operation} {one.place}" for one in row.changes)
                    console.print(f"  {row.id}: {row.ground.text or places}; {row.read_at}", markup=False)
                for loss in measured.rehearsal.losses if options.rows else ():
                    console.print(f"  lost: {loss.operation} {dict(loss.read)}", markup=False)
    for name, rehearsals in (
        ("log", [one.by_log for one in found]),
        ("log and source", [one.rehearsal for one in found]),
    ):
        pairs = list(zip((one.breaks for one in rehearsals), (one.broken for one in found), strict=True))
        missed, false = pairs.count((False, True)), pairs.count((True, False))
        summary = f"{len(pairs)} trials, {sum(broken for _, broken in pairs)} break: {missed} missed, {false} false"
        console.print(f"{name}: {summary}", markup=False)
    return 1 if any(one.rehearsal.breaks != one.broken for one in found) else 0


def _measured(client: KnownClient, sources: Path, upgrades: tuple[tuple[str, str], ...]) -> Iterator[Measured]:
    source = sources / client.repository.rpartition("/")[2]
    code = ClientSource(tuple(source / file for file in client.uses)) if source.is_dir() else ClientSource(())

    @cache
    def played(release: str) -> tuple[Trial, ...]:
        scenarios = [_own(one) for one in chosen(SCENARIOS) if one.name in client.scenarios]
        command, timeout = KnownCommand(client, source), max(TIMEOUT, client.timeout)
        return try_client(ClientPlan(command, load(release), scenarios, servers_of(release), timeout)).trials

    for old, new in upgrades if source.is_dir() else ():
        contracts = load(old), load(new)
        for before, after in zip(played(old), played(new), strict=True):
            if before.calls:
                log = _log(before)
                with _server(old) as one, _server(new) as other:
                    lost = replayed((one.url, other.url), contracts, log).lost
                rehearsal = rehearse(*contracts, overlays(), log)
                by_log, by_source = rehearsal.played(lost), rehearsal.played(lost, code)
                yield Measured(client, before.scenario, by_log, by_source, _breaks(before, after))


def _server(release: str) -> FixtureServer:
    return FixtureServer(ServerOptions(release=release, connectors="any"), manual=False)


def _own(scenario: ClientScenario) -> ClientScenario:
    """Return a scenario whose lists are those of the server, without an effect of a proxy."""
    return replace(scenario, effect=ALL["healthy-job"].effect) if scenario.name == "long-list" else scenario


def _log(trial: Trial) -> RequestLog:
    """Return the requests of a client as `rehearse` would read them from a HAR file."""
    with tempfile.NamedTemporaryFile("w", suffix=".har", encoding="utf-8") as file:
        file.write(as_archive([call.reported() for call in trial.calls]))
        file.flush()
        return read_log(Path(file.name))


def _breaks(one: Trial, other: Trial) -> bool:
    """Return whether a client reported the end of the job (or the list) on the old release, and not on the new one."""
    return _is_right(one) and not _is_right(other)


def _is_right(trial: Trial) -> bool:
    observed = RULES[SCENARIOS[trial.scenario]].observed(trial)
    succeeds = trial.scenario in {"healthy-job", "long-list"}
    submits_only = trial.ending.status is not None and (trial.ending.status == 0) == succeeds
    return all(each.kept for each in observed) if observed else submits_only


if __name__ == "__main__":
    sys.exit(main())
