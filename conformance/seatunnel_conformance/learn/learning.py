"""Learns the contract of a deployment: reads samples, compares them, tries facts, and writes the draft."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.options import WORKERS
from seatunnel_conformance.arrange.settings import AUTO, Settings
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.learn.differences import Comparison, LearnedDifference, marked
from seatunnel_conformance.learn.draft import Draft, recording, recording_beside
from seatunnel_conformance.learn.operations import named_operations
from seatunnel_conformance.learn.probes import asked_facts
from seatunnel_conformance.learn.samples import Sample, job_samples, read_samples
from seatunnel_conformance.learn.trials import FactName, asked_difference, clauses_of_others, failing, repaired
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run.releases import choose, named, named_by
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, JsonObject, in_own_words, load, releases
from seatunnel_openapi.files import replace_text

_CLAUSES: Final = ("*.*",)
_RANDOM: Final = ("*, *",)
"""The pattern of checks that depend on the seed. They are skipped, because their failures are not differences."""
_ROUNDS: Final = 3
"""The maximum number of comparisons of the same samples: a difference can hide others until the draft has it."""


class OutputExists(InvalidSettings):
    """The file of the draft, or of its recording, exists."""


@dataclass(frozen=True, slots=True)
class LearningPlan:
    """The settings of `learn`, and its output.

    `settings` are those of a run. Their release is the one to compare with (`auto`: the nearest). `accept` has globs
    for subjects of suspected faults that the draft states anyway. `force` allows to replace files. `known` has the
    known releases, `only` globs for the clauses to check, and `paths` the paths at which to look for more operations.
    """

    settings: Settings
    output: Path
    accept: tuple[str, ...] = ()
    force: bool = False
    known: tuple[str, ...] = field(default_factory=releases)
    only: tuple[str, ...] = _CLAUSES
    paths: tuple[str, ...] = ()

    def accepts(self, difference: LearnedDifference) -> bool:
        """Return whether the draft states a difference. Otherwise it is a comment."""
        return not difference.fault or any(fnmatchcase(difference.subject, glob) for glob in self.accept)


@dataclass(frozen=True, slots=True)
class LearnedContract:
    """The result of `learn`.

    `base` is the nearest release, `version` the version that the deployment reports. The draft states the differences
    in `stated`, and has those in `faults` as comments. `checked` is the number of checked clauses.
    """

    output: Path
    base: str
    version: str
    stated: tuple[LearnedDifference, ...]
    faults: tuple[LearnedDifference, ...]
    checked: int
    seconds: float

    def as_json(self) -> JsonObject:
        """Return the result as JSON for programs."""
        return {
            "release": self.base,
            "version": self.version,
            "overlay": str(self.output),
            "recording": str(recording_beside(self.output)),
            "differences": [it.as_json() for it in self.stated],
            "suspectedFaults": [it.as_json() for it in self.faults],
            "clausesChecked": self.checked,
            "seconds": round(self.seconds, 1),
        }


def learn(plan: LearningPlan, progress: Callable[[str], None] = lambda _: None) -> LearnedContract:
    """Learn the contract of a deployment, and write the draft and its recording.

    Raises `OutputExists`, and the errors of a run such as `TargetUnreachable`, `InvalidSettings` and `LimitReached`.
    """
    begun = time.monotonic()
    for file in (plan.output, recording_beside(plan.output)):
        if file.exists() and not plan.force:
            raise OutputExists(f"{file} exists; --force replaces it")
    with tempfile.TemporaryDirectory() as folder:
        learned = _Learning(plan, Path(folder), progress).learned()
    return replace(learned, seconds=time.monotonic() - begun)


@dataclass(slots=True)
class _Learning:
    plan: LearningPlan
    folder: Path
    progress: Callable[[str], None]
    samples: list[Sample] = field(default_factory=list)
    found: list[LearnedDifference] = field(default_factory=list)
    shown: dict[str, Outcome] = field(default_factory=dict)
    draft: Draft = field(default_factory=lambda: Draft("", "", ""))
    probes: LearnedDifference = field(default_factory=lambda: LearnedDifference("fact", "", "", (), ""))
    settled: set[FactName] = field(default_factory=set)
    _number: int = 0

    def learned(self) -> LearnedContract:
        """Return the result."""
        self.progress("detecting the release")
        base = self._base()
        self.draft = Draft(self.plan.output.stem, base, "")
        self.progress("reading")
        with self._context() as context:
            self._compare(read_samples(context))
        self.draft = replace(self.draft, version=self._version())
        if (stated := self._stated_release()) is not None:
            # Because it names members in other words, another release was detected than the one that it reports.
            self.draft, self.found, self.samples = replace(self.draft, base=stated), [], []
            with self._context() as context:
                self._compare(read_samples(context))
        if self.plan.settings.may_write:
            self.progress("running a job")
            with self._context() as context:
                self._compare(job_samples(context, context.settings.wait))
        self.progress("asking for facts")
        with self._context() as context:
            for difference, sample in named_operations(context, self.plan.paths):
                self.samples.append(sample)
                self.found.append(difference)
            for fact, value, sample in asked_facts(context, self._known()):
                self.settled.add(fact)
                if value is not None:
                    self.samples.append(sample)
                    self.found.append(asked_difference(context.contract, value, sample.step))
        self.progress("checking all clauses")
        self.probes = clauses_of_others(self._contract())
        report = self._run(self._written(self.probes), self.plan.only)
        failed = failing(report.outcomes)
        self.shown |= failed
        self.progress(f"trying facts for {len(failed)} clauses")
        contract = in_own_words(self._contract())
        self.found += list(repaired(contract, self._known(), report.outcomes, self._attempt, self.settled))
        return self._result(len(report.outcomes))

    def _base(self) -> str:
        settings = self.plan.settings
        if settings.release != AUTO:
            choose(settings)  # identifies the target
            return settings.release
        found = choose(settings).contract.release
        return found if found in self.plan.known else self.plan.known[-1]

    def _stated_release(self) -> str | None:
        """Return the release whose version the deployment reports if another release was detected; None otherwise."""
        said = self._named()
        is_known = self.draft.version in said and self.draft.version in self.plan.known
        detected = self.plan.settings.release == AUTO and self.draft.base not in said
        return self.draft.version if is_known and detected else None

    def _named(self) -> tuple[str, ...]:
        """Return the releases whose engines report the version that the deployment reports."""
        return named_by(self.draft.version, seatunnel_openapi.overlays()).releases

    def _version(self) -> str:
        overview = next((it.document for it in self.samples if it.operation.id == "get_overview"), None)
        values = overview.items() if isinstance(overview, dict) else ()
        said = [it for name, it in values if "version" in name.lower() and isinstance(it, str)]
        return said[0] if said and not said[0].startswith("<") else ""

    def _stated(self) -> list[LearnedDifference]:
        return [it for it in self.found if self.plan.accepts(it)]

    def _compare(self, samples: Iterable[Sample]) -> None:
        new = list(samples)
        self.samples += new
        for _ in range(_ROUNDS):
            known = {(it.kind, it.subject) for it in self.found}
            found = Comparison(self._contract(), self._known()).differences(new)
            found = [it for it in found if (it.kind, it.subject) not in known]
            self.found += found
            if not any(map(self.plan.accepts, found)):
                return

    def _known(self) -> tuple[Contract, ...]:
        return tuple(load(release) for release in self.plan.known)

    def _contract(self) -> Contract:
        return load(self._written())

    def _written(self, *further: LearnedDifference) -> str:
        """Write the current draft, with further differences, into the temporary folder, and return its path."""
        self._number += 1
        path = self.folder / f"{self.draft.name}-{self._number}.yaml"
        path.write_text(self.draft.overlay([*self._stated(), *further]), encoding="utf-8")
        return str(path)

    def _settings(self, release: str) -> Settings:
        settings = self.plan.settings
        profile = "standard" if settings.may_write else "read-only"
        workers = max(settings.workers, WORKERS.default)
        more = {"only": _CLAUSES, "skip": _RANDOM, "workers": workers, "reports": {}}
        return replace(settings, release=release, profile=profile, **more)

    def _context(self) -> AbstractContextManager[Context]:
        settings = self._settings(self._written())
        return closing(Context.set_up(settings, load(settings.release)))

    def _run(self, release: str, only: tuple[str, ...]) -> Report:
        settings = replace(self._settings(release), only=only)
        return run(settings, choice=named(settings))

    def _attempt(self, actions: Iterable[JsonObject], clauses: frozenset[str]) -> dict[str, Outcome]:
        trial = LearnedDifference("fact", "trial", "A trial.", tuple(actions), "trial/trial/send")
        report = self._run(self._written(self.probes, trial), tuple(sorted(clauses)))
        return {it.id: it for it in report.outcomes if it.id in clauses}

    def _result(self, checked: int) -> LearnedContract:
        # If the target is gone, a run reports inconclusive checks, which would be no differences. This raises an error.
        with self._context() as context:
            context.target.get("/overview")
        named = self._named()
        reported = () if self.draft.base in named else named
        broken = [self.shown[it.subject] for it in self.found if it.kind == "clause" and it.subject in self.shown]
        self.found = list(marked(self.found, reported, [it.exchanges[-1].body for it in broken if it.exchanges]))
        stated = self._stated()
        faults = [it for it in self.found if not self.plan.accepts(it)]
        output = self.plan.output
        text = recording(self.draft.name, self.samples, self.shown.values())
        replace_text(recording_beside(output), text)
        replace_text(output, self.draft.overlay(stated, faults))
        load(str(output))
        return LearnedContract(output, self.draft.base, self.draft.version, tuple(stated), tuple(faults), checked, 0.0)
