"""The published results: reports of runs against real engines, and of runs of known clients.

results/<release>/<engine>.ndjson                  the report of `conform --report-ndjson`, unmodified
results/<release>/<engine>.yaml                    how the engine was built and started, by `result.schema.json`
results/clients/<release>/<client>.ndjson          the report of `try-client --known` on a reference server
results/clients/<release>/<client>+engine.ndjson   the report of `bench.callers --engine` on a real engine
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import yaml

from seatunnel_conformance.clients.known import KnownClient, known_clients
from seatunnel_conformance.report.events import Report, ReportError
from seatunnel_conformance.report.outcomes import HISTORIES, Outcome, Verdict
from seatunnel_conformance.text.events import schema_problem
from seatunnel_docs.errors import InvalidResult
from seatunnel_openapi import releases

FOLDER: Final = "results"
CLIENTS: Final = "clients"
ON_ENGINE: Final = "+engine"
"""The end of the names of reports of clients on a real engine."""

_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PRIVATE: Final = re.compile(
    r"/(?<![\w./-]/)(?!opt/seatunnel\b)(?:home|Users|root|tmp|var|opt|work|srv|data|mnt)/[\w.-]+"
    r"|[A-Z](?<![\w.][A-Z]):\\\\Users\\\\\w+"
)
"""A path of the machine on which the engine or the suite ran, other than the usual `/opt/seatunnel`.

Both patterns look behind their first character, not before it: so a search skips all others several times faster.
"""
_ADDRESS: Final = re.compile(r"\d(?<![\w.-]\d)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w.-])")
_PUBLIC_ADDRESSES: Final = frozenset({"127.0.0.1", "0.0.0.0"})  # noqa: S104 - found in reports, not bound to


class CellVerdict(StrEnum):
    """The verdict on a clause in a run."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNDECIDED = "inconclusive"
    NOT_RUN = "not run"
    NOT_THERE = "not there"


@dataclass(frozen=True)
class PublishedResult:
    """A report of a run on an engine, with the text of its file. `name` is `<release>/<engine>`.

    `about` is the content of the YAML file, which says how the report was made.
    """

    name: str
    about: Mapping[str, str]
    report: Report
    text: str

    @property
    def release(self) -> str:
        """The release whose contract was checked."""
        return self.report.header.release

    def outcomes(self) -> dict[str, Outcome]:
        """Return the outcome of each clause, by id: the worst one, if several checks are about the clause."""
        found: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in self.report.outcomes:
            clause_id, _, kind = outcome.id.partition(", ")
            if kind in {"", HISTORIES}:
                found[clause_id].append(outcome)
        return {clause_id: min(several, key=_severity) for clause_id, several in found.items()}


_WORST: Final = (CellVerdict.FAIL, CellVerdict.UNDECIDED, CellVerdict.PASS, CellVerdict.NOT_RUN)
_CELLS: Final = {
    Verdict.PASS: CellVerdict.PASS,
    Verdict.STALE: CellVerdict.PASS,
    Verdict.FAIL: CellVerdict.FAIL,
    Verdict.KNOWN: CellVerdict.FAIL,
    Verdict.SKIPPED: CellVerdict.NOT_RUN,
    Verdict.NOT_SCORED: CellVerdict.NOT_RUN,
    Verdict.INCONCLUSIVE: CellVerdict.UNDECIDED,
}


def cell_verdict(outcome: Outcome) -> CellVerdict:
    """Return the verdict that the table of clauses shows for an outcome."""
    return _CELLS[outcome.verdict]


def _severity(outcome: Outcome) -> int:
    return _WORST.index(cell_verdict(outcome))


def results_folder(sources: Path) -> Path:
    """Return the folder `results`: in the sources of an installed package, or at the root of a checkout."""
    installed = sources / FOLDER
    return installed if installed.is_dir() else sources.parent / FOLDER


def published_results(folder: Path) -> Iterator[PublishedResult]:
    """Yield the reports of runs on engines, in the order of releases and names. Raises `InvalidResult`."""
    places = {release: place for place, release in enumerate(releases())}
    for file in sorted(folder.glob("*/*"), key=lambda one: (places.get(one.parent.name, len(places)), one.name)):
        if file.parent.name == CLIENTS:
            continue
        if file.suffix == ".ndjson":
            yield load(file)
        elif file.suffix != ".yaml" or not file.with_suffix(".ndjson").is_file():
            raise InvalidResult(file, "it is neither a report nor the description of one")


@dataclass(frozen=True)
class ClientResult:
    """The report of a known client on a reference server or, with `on_engine`, a real engine; with the file's text."""

    client: KnownClient
    report: Report
    text: str

    on_engine: bool = False

    @property
    def release(self) -> str:
        """The release of the server or engine on which the client ran."""
        return self.report.header.release

    @property
    def page(self) -> str:
        """The path of the report's page, relative to the pages of clients."""
        return f"{self.release}/{self.client.name}{ON_ENGINE if self.on_engine else ''}.html"

    @property
    def name(self) -> str:
        """The path of the files in the folder of results, without suffix."""
        return f"{CLIENTS}/{self.page.removesuffix('.html')}"


def client_results(folder: Path) -> Iterator[ClientResult]:
    """Yield the reports of clients by client and release, those on a reference server first. Raises `InvalidResult`."""
    for client, release, end in product(known_clients().values(), releases(), ("", ON_ENGINE)):
        file = folder / CLIENTS / release / f"{client.name}{end}.ndjson"
        if file.is_file():
            report, text = _read(file)
            if report.header.target != client.name:
                raise InvalidResult(file, f"it is the report of {report.header.target}")
            yield ClientResult(client, report, text, on_engine=bool(end))


def load(file: Path) -> PublishedResult:
    """Read a report and its description, and validate both. Raises `InvalidResult`."""
    about = _about(file.with_suffix(".yaml"))
    report, text = _read(file, _unfit)
    return PublishedResult(f"{file.parent.name}/{file.stem}", about, report, text)


def _read(file: Path, unfit: Callable[[Report], Iterable[str]] = lambda _: ()) -> tuple[Report, str]:
    """Read a report and its text. Raises `InvalidResult` if it can't be published.

    It must be complete, in the folder of its release, and without paths and addresses of a machine. `unfit` yields
    further reasons to refuse it.
    """
    try:
        report = Report.read(file)
    except (OSError, ReportError) as problem:
        raise InvalidResult(file, str(problem)) from problem
    text = file.read_text(encoding="utf-8")
    if report.header.release != file.parent.name:
        raise InvalidResult(
            file, f"it was checked against {report.header.release}, but is in the folder {file.parent.name}"
        )
    if report.footer.missing:
        raise InvalidResult(file, f"{report.footer.missing} checks did not finish")
    for reason in (*unfit(report), *_private(text)):
        raise InvalidResult(file, reason)
    return report, text


def _about(file: Path) -> Mapping[str, str]:
    try:
        plain = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidResult(file, "the file is missing; it says how the engine was built and started") from None
    except yaml.YAMLError as error:
        raise InvalidResult(file, f"it is not valid YAML: {error}") from error
    if problem := schema_problem("seatunnel_docs", "result.schema.json", plain):
        raise InvalidResult(file, problem)
    about: Mapping[str, str] = plain
    return about


def _unfit(report: Report) -> Iterator[str]:
    """Yield the reasons why a report can't be published as the result of an engine."""
    header, footer = report.header, report.footer
    if footer.counts[Verdict.KNOWN] or footer.counts[Verdict.STALE]:
        yield "the run had a baseline, which hides failures"
    if header.requirements or header.partial:
        yield "it leaves out checks: it was run with --requirements, --only or --skip"
    if header.profile not in {"standard", "full"}:
        yield f"the profile {header.profile} does not check every clause"
    for address in (header.target, *header.nodes):
        if urlsplit(address).hostname not in _LOCAL:
            yield f"it names the host {urlsplit(address).hostname}"


def _private(text: str) -> Iterator[str]:
    """Yield a reason for each path and address in a text that reveals the machine."""
    for path in _PRIVATE.findall(text):
        yield f"it contains a path of the machine: {path}"
    for address in _ADDRESS.findall(text):
        if address not in _PUBLIC_ADDRESSES:
            yield f"it contains the address {address}"
