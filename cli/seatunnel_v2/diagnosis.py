"""The findings of `doctor` about the installation and a target."""

from __future__ import annotations

import platform
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.run.releases import choose
from seatunnel_conformance.run.selection import plan

EXTRAS: Final[Mapping[str, tuple[str, str]]] = {
    "flask": ("flask", "serve --framework flask"),
    "stubs": ("datamodel_code_generator", "the command stubs"),
}
"""Optional extras: the module to look for, and its purpose."""

TOOLS: Final[Mapping[str, str]] = {"oasdiff": "tests of `spec diff`", "curl": "the commands in reports"}
"""Optional programs, and their purpose."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `ok` is False if `conform` could not run."""

    subject: str
    finding: str
    ok: bool = True


def installation() -> Iterator[Line]:
    """Yield the findings about the installation. Raises `ContractError` if the contract's files are broken."""
    yield Line("seatunnel-v2", f"{_version('seatunnel-v2')}, Python {platform.python_version()}, {platform.system()}")
    releases = seatunnel_openapi.releases()
    loaded = [seatunnel_openapi.load(release) for release in releases]
    clauses = len({clause.id for contract in loaded for clause in contract.clauses})
    yield Line("contract", f"{len(releases)} releases ({releases[0]} to {releases[-1]}), {clauses} clauses")
    for extra, (module, purpose) in EXTRAS.items():
        there = (
            "installed" if find_spec(module) else f"not installed; pip install 'seatunnel-v2[{extra}]' for {purpose}"
        )
        yield Line(f"extra {extra}", there)
    for tool, purpose in TOOLS.items():
        yield Line(tool, shutil.which(tool) or f"not on the PATH; needed for {purpose}")


def target(settings: Settings) -> Iterator[Line]:
    """Yield the findings about a target, which is only read.

    Raises the errors of `choose`.
    """
    choice = choose(settings)
    yield Line("reachable", settings.url)
    yield Line("release", f"{choice.contract.release}; {choice.note}" if choice.note else choice.contract.release)
    allowed = settings.may_write
    yield Line("writes", "small jobs; tags are restored" if allowed else "none: the target would only be read")
    checks = plan(settings, choice.contract, registry.all_checks())
    made = sum(check.skipped is None for check in checks)
    yield Line(f"profile {settings.profile}", f"{made} of {len(checks)} checks would run", ok=bool(made))
    for reason, number in Counter(check.skipped for check in checks if check.skipped).most_common():
        yield Line("", f"{number} skipped: {reason}")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed as a package"
