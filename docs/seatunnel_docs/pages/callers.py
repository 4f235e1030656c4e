"""The table of clients, rules and releases, and a page for each client with its findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatunnel_conformance.clients.known import KnownClient
from seatunnel_conformance.clients.rules import RULES
from seatunnel_conformance.clients.scenarios import SCENARIOS
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.reference import SiteFile
from seatunnel_docs.rendering import Page, page
from seatunnel_docs.results import CLIENTS, FOLDER, ClientResult, cell_verdict


@dataclass(frozen=True, slots=True)
class ClientFinding:
    """A rule that a client breaks: the outcome, the place in the client's code, and the reports that show it."""

    outcome: Outcome
    place: str
    results: Sequence[ClientResult]

    @property
    def title(self) -> str:
        """The observation, with a capital letter."""
        observed = self.outcome.reason.partition(": ")[2]
        return observed[:1].upper() + observed[1:]

    @property
    def happens(self) -> str:
        """The scenario and the observation as sentences. A rule about any request is shown without the scenario."""
        scenario = SCENARIOS[self.outcome.reason.partition(": ")[0]]
        situation = f"{scenario.sentence} " if RULES[self.outcome.id].scenarios else ""
        return f"What happens: {situation}{self.title}."

    @property
    def seen_on(self) -> str:
        """The servers on which the rule was broken, as text."""
        servers = [result.release for result in self.results if not result.on_engine]
        named = [f"on the reference server of {' and '.join(servers)}"] if servers else []
        return "; ".join([*named, *self.engines])

    @property
    def engines(self) -> list[str]:
        """Real engines where it was broken."""
        notes = [result.report.header.note for result in self.results if result.on_engine]
        return [note[:1].lower() + note[1:] for note in notes]


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the page with the table of clients and rules, and a page for each client that has results."""
    rules = known.contracts[known.releases[-1]].client_clauses
    clients = defaultdict[str, list[ClientResult]](list)
    for result in known.clients:
        clients[result.client.name].append(result)
    findings = {name: _findings(results) for name, results in clients.items()}
    outcomes = {result.name: _by_id(result) for result in known.clients}
    yield page(
        f"{FOLDER}/{CLIENTS}/index",
        "callers",
        rules=rules,
        clients=clients,
        outcomes=outcomes,
        findings=findings,
        verdict=cell_verdict,
    )
    for name, results in clients.items():
        yield page(
            f"{FOLDER}/{CLIENTS}/{name}", "caller", client=results[0].client, results=results, findings=findings[name]
        )


def files(known: Knowledge) -> Iterator[SiteFile]:
    """Yield the reports of clients, each as the event stream and as an HTML page."""
    for result in known.clients:
        yield SiteFile(f"{FOLDER}/{result.name}.ndjson", result.text.encode())
        yield SiteFile(f"{FOLDER}/{result.name}.html", as_html(result.report, site="../../../").encode())


def _by_id(result: ClientResult) -> Mapping[str, Outcome]:
    return {outcome.id: outcome for outcome in result.report.outcomes}


def _findings(results: Sequence[ClientResult]) -> list[ClientFinding]:
    """Return a finding for each broken rule, with the outcome of the newest report that shows it."""
    broken = defaultdict[str, list[tuple[Outcome, ClientResult]]](list)
    for result in results:
        for outcome in result.report.outcomes:
            if outcome.verdict is Verdict.FAIL:
                broken[outcome.id].append((outcome, result))
    client: KnownClient = results[0].client
    return [
        ClientFinding(found[-1][0], client.places.get(rule, ""), [result for _, result in found])
        for rule, found in broken.items()
    ]
