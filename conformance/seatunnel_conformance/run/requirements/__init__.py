"""Requirement sets: `<version>.yaml` has the checks that a version of the suite scores, frozen when it is released.

A set lists the ids of checks by the release that they are new in; later releases have them, too. Recorded scenarios are
in no set and always scored: they are recommendations, which fail no run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

import yaml

import seatunnel_openapi
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.report.outcomes import RECORDINGS_GROUP, Outcome, Verdict, group
from seatunnel_conformance.run.selection import every_check
from seatunnel_openapi import Contract

_RESULTS: Final = {
    Verdict.PASS: "it passes",
    Verdict.FAIL: "it fails: {reason}",
    Verdict.INCONCLUSIVE: "it is inconclusive: {reason}",
}


class UnknownRequirements(InvalidSettings):
    """There is no requirement set of this version, or the set does not have the release."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The checks that count in a run: the set for a release, or all checks if no set is chosen (`version` is empty)."""

    version: str = ""
    checks: frozenset[str] = frozenset()

    def apply(self, outcome: Outcome) -> Outcome:
        """Return the outcome, as not scored if its check came later than the set."""
        result = _RESULTS.get(outcome.verdict)
        if not self.version or outcome.id in self.checks or outcome.group == RECORDINGS_GROUP or result is None:
            return outcome
        reason = f"suite {self.version} had no such check; {result.format(reason=outcome.reason)}"
        return replace(outcome, verdict=Verdict.NOT_SCORED, reason=reason)


def requirements_for(settings: Settings, contract: Contract) -> Requirements:
    """Return the requirements of a run. Raises `UnknownRequirements`."""
    version = settings.requirements
    if not version:
        return Requirements()
    if version not in versions():
        raise UnknownRequirements(f"there are no requirements of suite {version}, only of {', '.join(versions())}")
    listed: dict[str, list[str]] = yaml.safe_load(
        files(__name__).joinpath(f"{version}.yaml").read_text(encoding="utf-8")
    )
    # An overlay file has those of the release that it extends.
    chain = seatunnel_openapi.overlays(contract.release) if seatunnel_openapi.is_file(contract.release) else ()
    release = next((it.name for it in reversed(chain) if not it.given), contract.release)
    if release not in listed:
        raise UnknownRequirements(f"the requirements of suite {version} do not have the release {release}")
    until = list(listed).index(release)
    return Requirements(version, frozenset(check_id for new in list(listed.values())[: until + 1] for check_id in new))


def versions() -> list[str]:
    """Return the versions of the suite that have a set."""
    return sorted(file.name.removesuffix(".yaml") for file in files(__name__).iterdir() if file.name.endswith(".yaml"))


def current() -> str:
    """Return the text of the set of all that this suite checks."""
    settings, seen = Settings(url="http://localhost", profile="full"), set[str]()
    lines = ["# The ids of checks by the release that they are new in. The set of a released version never changes."]
    for release in seatunnel_openapi.releases():
        checks = [check.id for check in every_check(settings, seatunnel_openapi.load(release))]
        new = [f"  - {one}" for one in checks if one not in seen and group(one) != RECORDINGS_GROUP]
        lines += [f"{release}:", *new] if new else [f"{release}: []"]
        seen.update(checks)
    return "\n".join([*lines, ""])
