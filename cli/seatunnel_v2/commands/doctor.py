"""`seatunnel-v2 doctor`: check the installation and the connection to a deployment."""

from __future__ import annotations

import platform
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_conformance.text.visible import line
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import reporting_errors, say
from seatunnel_v2.options.run import Url, takes

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings

EPILOG = """Examples:

$ seatunnel-v2 doctor

$ seatunnel-v2 doctor http://localhost:8080 --profile full

Exit status: 0 no problem found, 2 invalid usage, 3 the target can't be reached or is not the REST API V2, 4 no check
can run, 5 the responses of the target can't be read, or the time is used up, 12 the contract's files are broken.
"""

_EXTRAS: Final[Mapping[str, tuple[str, str]]] = {
    "docs": ("sphinx", "docs build"),
    "flask": ("flask", "serve --framework flask"),
    "mcp": ("mcp", "the command mcp"),
    "reference": ("drf_spectacular_sidecar", "the web pages of the server"),
    "stubs": ("datamodel_code_generator", "the command stubs"),
}
"""The optional extras of the package: a module that the extra installs, and the purpose of the extra."""

_TOOLS: Final[Mapping[str, str]] = {"oasdiff": "tests of `spec diff`", "curl": "the commands in reports"}
"""Optional programs, with their purpose."""


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """A line of the output. `ok` is False if `conform` could not run."""

    subject: str
    finding: str
    ok: bool = True


@takes(options.NODE, options.RELEASE, options.PROFILE, options.ALLOW_WRITES, *options.CONNECTION)
def doctor(url: Url = None, *, given: Mapping[str, Any]) -> None:
    """Show what is installed and, with a URL, which release the target serves and what `conform` would do.

    The target is only read; nothing is checked or changed.
    """
    with reporting_errors():
        _print(_installation())
    if url is not None:
        say("\n")
        _examine({**options.DEFAULTS, **given, "url": url})


def _examine(given: Mapping[str, Any]) -> None:
    from seatunnel_conformance.arrange.settings import Settings

    with reporting_errors():
        well = _print(_target(Settings.parse(given.__getitem__)))
    if not well:
        raise typer.Exit(ExitStatus.NOTHING_SELECTED)


def _print(lines: Iterable[DoctorLine]) -> bool:
    """Print the lines and return whether all of them are ok."""
    well = True
    for each in lines:
        say(f"{each.subject:<18}{each.finding}\n")
        well = well and each.ok
    return well


def _installation() -> Iterator[DoctorLine]:
    """Yield lines about the installation. Raises `ContractError` if the contract's files are broken."""
    import seatunnel_openapi

    yield DoctorLine(
        "seatunnel-v2", f"{_version('seatunnel-v2')}, Python {platform.python_version()}, {platform.system()}"
    )
    releases = seatunnel_openapi.releases()
    loaded = [seatunnel_openapi.load(release) for release in releases]
    clauses = len({clause.id for contract in loaded for clause in contract.clauses})
    first, *engines = releases
    of = f"`{first}`, and {len(engines)} releases of engines ({engines[0]} to {engines[-1]})"
    yield DoctorLine("contract", f"{of}, {clauses} clauses")
    known = seatunnel_openapi.connectors_of(releases[-1])
    number = len(known.sources) + len(known.sinks)
    yield DoctorLine(
        "connectors", f"`serve` simulates the {number} of {releases[-1]}; --connectors strict refuses them"
    )
    for extra, (module, purpose) in _EXTRAS.items():
        there = "installed" if find_spec(module) else f"not installed; pip install '.[{extra}]' for {purpose}"
        yield DoctorLine(f"extra {extra}", there)
    for tool, purpose in _TOOLS.items():
        yield DoctorLine(tool, shutil.which(tool) or f"not on the PATH; needed for {purpose}")


def _target(settings: Settings) -> Iterator[DoctorLine]:
    """Yield lines about a target, which is only read. Raises the errors of `plan_run`."""
    from seatunnel_conformance.run.plan import plan_run

    plan = plan_run(settings)
    for url in (settings.url, *settings.nodes):
        yield DoctorLine("reachable", url)
    yield DoctorLine("release", f"{plan.contract.release}; {plan.note}" if plan.note else plan.contract.release)
    yield from _cluster(plan.settings)
    yield DoctorLine("writes", _writes(plan.settings))
    run = sum(check.skipped is None for check in plan.checks)
    yield DoctorLine(f"profile {settings.profile}", f"{run} of {len(plan.checks)} checks would run", ok=bool(run))
    for reason, number in Counter(check.skipped for check in plan.checks if check.skipped).most_common():
        yield DoctorLine("", f"{number} skipped: {reason}")


def _cluster(settings: Settings) -> Iterator[DoctorLine]:
    """Yield lines about the members of the cluster, and about links to log files that can't be fetched from here."""
    from seatunnel_conformance.arrange.nodes import members, other_nodes, unreachable_links
    from seatunnel_conformance.errors import Inconclusive
    from seatunnel_conformance.target.deployment import Target
    from seatunnel_conformance.target.exchange import BodyMismatch

    def of_members(target: Target) -> Iterator[str]:
        number = len(members(target))
        missing = [f"--node {node}" for node in other_nodes(target) if node not in settings.nodes]
        yield f"{number}; add {' '.join(missing)}" if number > 1 + len(settings.nodes) else str(number)

    def of_links(target: Target) -> Iterator[str]:
        for link in map(line, unreachable_links(target)):
            yield f"{redact_url(link) or 'an empty link'} can't be fetched from here (logs.reachable-links)"

    with Target(settings.url, limits=settings.limits, connection=settings.connection) as target:
        for subject, findings in (("members", of_members), ("log link", of_links)):
            try:
                yield from (DoctorLine(subject, finding) for finding in findings(target))
            except (BodyMismatch, Inconclusive) as problem:
                yield DoctorLine(subject, f"the list can't be read: {problem}")


def _writes(settings: Settings) -> str:
    if settings.may_write:
        return "small jobs; tags are restored" if settings.depth.jobs else "tags, which are restored; no jobs"
    return "none: the target would only be read" + ("; --allow-writes allows jobs" if settings.depth.writes else "")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed as a package"
