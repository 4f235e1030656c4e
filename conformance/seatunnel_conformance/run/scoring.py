"""The scoring of outcomes: the requirement set of a version of the suite, and the baseline of known deviations.

`requirements/<version>.yaml` is the set of checks that a version of the suite scores, frozen when that version is
released. It lists the ids of checks by their first release; later releases include them. Recorded scenarios are in no
set and always scored: they are recommendations, which fail no run.

The baseline is a file with known deviations of a target, so that only new ones fail a run:

    job-info.error-message: Our proxy cuts long answers.
    stop-job.again:
      reason: Fixed in the next release.
      release: 2.3.9
      until: "2027-01-31"
    GET /overview:
      reason: The gateway answers 500 to a broken query.
      failures: ["GET /overview: Undocumented status code 500"]

A listed check that fails is a known deviation. A listed check that passes is stale and fails the run, because its entry
would hide the next failure. Generated tests can miss a failure by chance, so they are never stale. Each of their
failures must be listed: an entry for the whole check would hide other failures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

import yaml

import seatunnel_openapi
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.report.outcomes import (
    RECORDINGS_GROUP,
    Outcome,
    Verdict,
    group,
    is_of_clause,
    is_of_operation,
)
from seatunnel_conformance.run.kinds import every_check
from seatunnel_conformance.text.events import schema_problem
from seatunnel_conformance.text.redaction import redact_text
from seatunnel_conformance.text.visible import as_json, visible
from seatunnel_openapi import Contract, ContractError
from seatunnel_openapi.documents import read_yaml
from seatunnel_openapi.errors import did_you_mean
from seatunnel_openapi.files import replace_text

_SETS: Final = files("seatunnel_conformance.run").joinpath("requirements")

_RESULTS: Final = {
    Verdict.PASS: "it passes",
    Verdict.FAIL: "it fails: {reason}",
    Verdict.INCONCLUSIVE: "it is inconclusive: {reason}",
}
"""By verdict, the result in the reason of a check that is not scored. Checks with another verdict are left as is."""


class UnknownRequirements(InvalidSettings):
    """There is no requirement set of this version for the release."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The checks that count in a run: the set for a release, or all checks if no set is chosen (`version` is empty)."""

    version: str = ""
    checks: frozenset[str] = frozenset()

    def apply(self, outcome: Outcome) -> Outcome:
        """Return the outcome. It is marked as not scored if its check is newer than the set."""
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
    if version not in _versions():
        raise UnknownRequirements(f"there are no requirements of suite {version}, only of {', '.join(_versions())}")
    listed: dict[str, list[str]] = yaml.safe_load(_SETS.joinpath(f"{version}.yaml").read_text(encoding="utf-8"))
    # For an overlay file, those of the release that it extends count.
    chain = seatunnel_openapi.overlays(contract.release) if seatunnel_openapi.is_file(contract.release) else ()
    release = next((it.name for it in reversed(chain) if not it.given), contract.release)
    if release not in listed:
        raise UnknownRequirements(f"the requirements of suite {version} do not have the release {release}")
    until = list(listed).index(release)
    return Requirements(version, frozenset(check_id for new in list(listed.values())[: until + 1] for check_id in new))


def _versions() -> list[str]:
    """Return the versions of the suite that have a set."""
    return sorted(file.name.removesuffix(".yaml") for file in _SETS.iterdir() if file.name.endswith(".yaml"))


def current_requirements() -> str:
    """Return the text of the set with all checks of this suite, for `make requirements`."""
    settings, seen = Settings(url="http://localhost", profile="full"), set[str]()
    lines = ["# The ids of checks by the release that they are new in. The set of a released version never changes."]
    for release in seatunnel_openapi.releases():
        checks = [check.id for check in every_check(settings, seatunnel_openapi.load(release))]
        new = [f"  - {one}" for one in checks if one not in seen and group(one) != RECORDINGS_GROUP]
        lines += [f"{release}:", *new] if new else [f"{release}: []"]
        seen.update(checks)
    return "\n".join([*lines, ""])


class InvalidBaseline(InvalidSettings):
    """A file is not a valid baseline, or lists a check or release that does not exist."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"the baseline {path}: {problem}")


@dataclass(frozen=True, slots=True)
class Known:
    """A known deviation.

    `reason` says why it is accepted. `release` is the only release that it applies to (None: all), `until` its last day
    (None: no end). `failures` are the accepted kinds of failures of a check that can fail in several ways (empty: all).
    """

    reason: str
    release: str | None = None
    until: date | None = None
    failures: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw: str | Mapping[str, Any]) -> Self:
        """Read an entry that is valid by the schema. Raises `ValueError` for a date that does not exist."""
        if isinstance(raw, str):
            return cls(raw)
        until = date.fromisoformat(raw["until"]) if "until" in raw else None
        return cls(raw["reason"], raw.get("release"), until, tuple(raw.get("failures", ())))

    def as_plain(self) -> str | dict[str, Any]:
        """Return the entry for a file, in the shortest form that `parse` reads."""
        more = {
            "release": self.release,
            "until": self.until.isoformat() if self.until else None,
            "failures": list(self.failures),
        }
        said = {name: value for name, value in more.items() if value}
        return {"reason": self.reason, **said} if said else self.reason


@dataclass(frozen=True, slots=True)
class Baseline:
    """Known deviations by check id, and the release and the day for which they are applied."""

    entries: Mapping[str, Known] = field(default_factory=dict)
    release: str = ""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    def apply(self, outcome: Outcome) -> Outcome:
        """Return the outcome with its final verdict. A listed check is known if it fails, and stale if it passes."""
        known = self.entries.get(outcome.id)
        if known is None or known.release not in {None, self.release}:
            return outcome
        if outcome.verdict is Verdict.PASS and is_of_clause(outcome.id):
            reason = f"It passes: remove {outcome.id} from the baseline."
            return replace(outcome, verdict=Verdict.STALE, reason=reason, accepted=known.reason)
        if outcome.verdict is not Verdict.FAIL:
            return outcome
        if refused := self._refused(known, outcome):
            return replace(outcome, reason=f"{outcome.reason} ({refused})")
        return replace(outcome, verdict=Verdict.KNOWN, accepted=known.reason)

    def _refused(self, known: Known, outcome: Outcome) -> str:
        """Return why the entry does not accept a failure, or an empty string."""
        if known.until is not None and known.until < self.today:
            return f"the baseline accepted it until {known.until}"
        new = [failure for failure in outcome.failures if failure not in known.failures]
        return f"the baseline does not list: {', '.join(new)}" if known.failures and new else ""


def baseline_for(settings: Settings, contract: Contract) -> Baseline:
    """Return the baseline of a run, empty if no file is given. Raises `InvalidBaseline`."""
    if settings.baseline is None:
        return Baseline()
    return Baseline(_read(settings.baseline, contract), contract.release)


def write_baseline(path: Path, outcomes: Iterable[Outcome], before: Baseline) -> int:
    """Write the failures as a baseline, and return the number of entries. Missing folders are made.

    Entries of `before` are kept unless their check is stale. The file is JSON if its name ends in `.json`, else YAML.
    """
    entries = dict(before.entries)
    for outcome in outcomes:
        if outcome.verdict is Verdict.STALE:
            entries.pop(outcome.id, None)
        elif outcome.verdict in {Verdict.FAIL, Verdict.KNOWN}:
            entries[outcome.id] = _merged(entries.get(outcome.id), outcome)
    plain = {check_id: known.as_plain() for check_id, known in entries.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, _text(path, plain))
    return len(entries)


def _merged(known: Known | None, outcome: Outcome) -> Known:
    said = visible(redact_text(outcome.reason.partition("\n")[0]))
    before = known or Known(f"Not explained yet. {said}")
    return replace(before, failures=tuple(sorted({*before.failures, *outcome.failures})))


def _text(path: Path, plain: Mapping[str, Any]) -> str:
    if path.suffix == ".json":
        return as_json(plain, indent=2) + "\n"
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110)


def _read(path: Path, contract: Contract) -> dict[str, Known]:
    try:
        raw = read_yaml(path)
    except ContractError as error:
        raise InvalidBaseline(path, error.message.removeprefix(str(path)).lstrip(", ")) from error
    if problem := schema_problem("seatunnel_conformance", "baseline.schema.json", raw):
        raise InvalidBaseline(path, problem)
    _require_known(path, raw, contract)
    try:
        return {check_id: Known.parse(entry) for check_id, entry in raw.items()}
    except ValueError as error:
        raise InvalidBaseline(path, str(error)) from error


def _require_known(path: Path, raw: Mapping[str, Any], contract: Contract) -> None:
    """Raise `InvalidBaseline` for an unknown check or release, and for missing `failures`."""
    known = _check_ids()
    retired = {clause.id: clause for clause in contract.retired}
    for check_id, entry in raw.items():
        if check_id in retired:
            raise InvalidBaseline(path, f"{check_id} was retired on {retired[check_id].when}: {retired[check_id].why}")
        if check_id not in known:
            hint = did_you_mean(check_id, known)
            raise InvalidBaseline(path, f"there is no check {check_id}; {hint}".rstrip("; "))
        plain = {"reason": entry} if isinstance(entry, str) else entry
        release = plain.get("release")
        if release not in {None, *seatunnel_openapi.releases()} and not seatunnel_openapi.is_file(str(release)):
            raise InvalidBaseline(path, f"{check_id}: there is no release {plain['release']}")
        if is_of_operation(check_id) and "failures" not in plain:
            raise InvalidBaseline(path, f"{check_id}: it can fail in several ways, so `failures` has to say in which")


@cache
def _check_ids() -> frozenset[str]:
    """Return the ids of all checks and clauses of all contracts; some clauses have no check."""
    settings, found = Settings(url="http://localhost"), set[str]()
    for contract in map(seatunnel_openapi.load, seatunnel_openapi.releases()):
        found |= {check.id for check in every_check(settings, contract)}
        found |= {clause.id for clause in contract.clauses}
    return frozenset(found)
