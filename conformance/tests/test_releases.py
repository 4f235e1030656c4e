"""The contract that is chosen, by the version that a target states and by its responses."""

import re
from itertools import pairwise
from typing import Any

import pytest
from makers import Broken, Judge, ReferenceAs

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.faults.catalogue import FaultEffect, effect_of
from seatunnel_conformance.faults.changes import Change, both, edited, lists, numbered, overview, put
from seatunnel_conformance.faults.changes import jobs as jobs_changed
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_conformance.run.releases import Fit, best, choose, fits, named, named_by
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract, Operation, load, overlays, proposals, releases
from seatunnel_openapi.comparison import diff

ALIKE = [{"2.3.9", "2.3.10", "2.3.11"}, {"development-2026-08-29", "3.0.0"}]
"""Releases that reading can't tell apart."""

SAME = [{"2.3.10", "2.3.11"}, {"development-2026-08-29", "3.0.0"}]
"""Releases that no request without credentials can tell apart."""

TELLING = sorted({clause.id for name in releases() for clause in load(name).clauses if clause.recognises})

OTHERS = ("encrypt-config.other-kinds", "submit-job.body-formats", "http.further-members")
"""Clauses that tell releases apart by more than reading."""


DRAFTED = "(`seatunnel-v2 learn` drafts one)"
ALL = r"\((\d+) of \1 distinguishing clauses\)"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2.3.9", ("2.3.9",)),
        ("2.3.9-SNAPSHOT", ("docs-2024-10", "2.3.9")),
        ("2.3.10-SNAPSHOT", ("2.3.9", "2.3.10")),
        ("3.0.0", ("3.0.0",)),
        ("2.3.99", releases()),
        ("3.1.0-SNAPSHOT", ("3.1.0",)),
        ("9.0.0-SNAPSHOT", releases()),
        ("10.0", releases()),
        ("2.3.5-SNAPSHOT", releases()),
        ("", releases()),
        ("dev", releases()),
    ],
)
def test_version_means_the_releases_that_report_it_or_any(said: str, meant: tuple[str, ...]):
    assert named_by(said, overlays()).releases == meant


@pytest.mark.parametrize(
    ("said", "warning"),
    [("2.3.9", ""), ("", ""), ("2.3.5-SNAPSHOT", ""), ("dev", f"there is no contract of dev {DRAFTED}")],
)
def test_version_that_no_release_reports_is_warned_of(said: str, warning: str):
    assert named_by(said, overlays()).warning == warning


def test_every_overlay_says_which_versions_report_it():
    assert [overlay.name for overlay in overlays() if not overlay.versions] == []


def test_best_fits_are_those_with_fewest_causes_then_most_signs_and_a_release_without_any_is_none():
    assert best([Fit("a", 3, 4), Fit("b", 4, 4), Fit("c", 3, 3), Fit("d", 0, 0)]) == ("b", "c")
    assert best([Fit("a", 8, 9, causes=1), Fit("b", 7, 9)]) == ("b",)
    assert best([Fit("a", 0, 0)]) == ("a",)


def test_worker_takes_the_contract_that_is_named_and_asks_nobody():
    assert named(Settings(url="http://127.0.0.1:9", release="2.3.9")).contract.release == "2.3.9"


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_release_is_recognised_by_its_answers_and_its_version(reference_as: ReferenceAs, release: str):
    url = reference_as(release)
    alike = next((names for names in ALIKE if release in names), {release})
    with Target(url) as target:
        assert set(best(fits(target, map(load, releases())))) == alike
    assert choose(Settings(url=url)).contract.release == release
    assert choose(Settings(url=url, release=release)).note == ""


@pytest.mark.slow
def test_release_is_recognised_by_few_reads(reference: str, monkeypatch: pytest.MonkeyPatch):
    sent, send = [], Target.send

    def counted(self: Target, *arguments: Any, **more: Any) -> Response:
        sent.append(arguments)
        return send(self, *arguments, **more)

    monkeypatch.setattr(Target, "send", counted)
    with Target(reference) as target:
        fits(target, map(load, releases()))
    assert 20 < len(sent) < 60


@pytest.mark.slow
def test_defect_of_a_check_is_no_sign_of_another_release(reference: str, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise NameError("name 'pages' is not defined")

    monkeypatch.setattr(Check, "__call__", broken)
    with pytest.raises(
        Inconclusive, match=r"^the suite itself failed: NameError: name 'pages' is not defined \(broken,"
    ):
        choose(Settings(reference))


@pytest.mark.slow
def test_documented_api_is_recognised_without_a_warning(reference_as: ReferenceAs):
    note = choose(Settings(url=reference_as("documented"))).note
    assert re.fullmatch(rf"the target says that it is 2\.3\.5-SNAPSHOT; it behaves like documented {ALL}", note)


@pytest.mark.slow
def test_server_that_tells_no_version_is_recognised_by_its_shape(broken: Broken):
    silent = effect_of(overview(put(projectVersion="<unknown>")))
    choice = choose(Settings(url=broken(silent(), "2.3.13")))
    assert choice.contract.release == "2.3.13"
    said = "the target does not say what release it is"
    assert re.fullmatch(rf"{said}; it behaves like 2\.3\.13 {ALL}", choice.note)


def saying(version: str, without: tuple[str, ...] = ()) -> FaultEffect:
    """The target reports another version, and does not have some operations."""
    said = overview(put(projectVersion=version))
    return effect_of(lambda it: it.with_status(404) if it.path.startswith(without) else said(it))()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "like", "chosen", "known"),
    [
        ("9.9.9", "2.3.10", "2.3.11", "2.3.9, 2.3.10 or 2.3.11"),
        ("2.3.10.7-acme", "2.3.10", "2.3.10", "2.3.9, 2.3.10 or 2.3.11"),
        ("build of Tuesday", "2.3.13", "2.3.13", "2.3.13"),
        ("9.0.0-SNAPSHOT", "2.3.12", "2.3.12", "2.3.12"),
    ],
)
def test_version_that_nobody_knows_gets_the_contract_that_fits_best_and_not_the_highest(
    broken: Broken, version: str, like: str, chosen: str, known: str
):
    choice = choose(Settings(url=broken(saying(version), like)))
    assert choice.contract.release == chosen
    said = rf"there is no contract of {version} {re.escape(DRAFTED)}; it behaves like {known} {ALL}"
    assert re.fullmatch(said, choice.note)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("release", "without"),
    [
        ("development-2026-08-29", ("/resource/workers", "/loggers")),
        ("development-2026-07-01", ("/pending-jobs", "/running-jobs/summary")),
    ],
)
def test_development_version_gets_the_contract_that_leaves_the_fewest_causes(
    broken: Broken, release: str, without: tuple[str, ...]
):
    choice = choose(Settings(url=broken(saying("3.0.0-SNAPSHOT", without), release)))
    assert choice.contract.release == release
    said = "the target says that it is 3.0.0-SNAPSHOT; it behaves like "
    part = r"\((\d+) of (\d+) distinguishing clauses\)"
    found = re.fullmatch(rf"{re.escape(said)}(?:.* or )?{release} {part}", choice.note)
    assert found
    assert int(found[1]) < int(found[2])


START_TIMES = effect_of(
    both(
        overview(put(projectVersion="2.3.12-SNAPSHOT")),
        jobs_changed(lambda job: {**job, "startTime": job["createTime"]}),
    )
)
"""The target has the start times of the next release, but not its charset, as builds between the two had."""


@pytest.mark.slow
def test_engine_between_two_releases_is_the_same_with_and_without_jobs(broken: Broken):
    url = broken(START_TIMES(), "2.3.11", "--files", "nowhere")
    choices = [choose(Settings(url=url))]
    with Target(url, allow_writes=True) as target:
        jobs = Jobs(target, load("2.3.11"), limit=20.0)
        jobs.finished(), jobs.moving()
        choices.append(choose(Settings(url=url)))
        jobs.close()
    assert {(choice.contract.release, choice.note) for choice in choices} == {
        (choices[0].contract.release, choices[0].note)
    }
    assert choices[0].contract.release == "2.3.11"


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_server_of_another_release_fails_and_the_note_names_the_one_that_fits(
    reference_as: ReferenceAs, judge: Judge, release: str
):
    url = reference_as(release)
    alike = next((names for names in ALIKE if release in names), {release})
    for other in releases():
        if other not in alike:
            note = choose(Settings(url=url, release=other)).note
            assert note.startswith("it behaves like ")
            assert all(name in note for name in alike)
        if other != release and {other, release} not in SAME:
            assert any(fails(judge, clause, url, other) for clause in (*TELLING, *OTHERS)), other


def fails(judge: Judge, clause: str, url: str, release: str) -> bool:
    known = {one.id for one in load(release).clauses}
    return clause in known and judge(clause, url, release).verdict is Verdict.FAIL


def with_foreign_jobs(number: int) -> Change:
    """The list of running jobs has this many jobs of others."""
    foreign = [{"jobId": str(job_id)} for job_id in range(number)]

    def change(it: ProxiedExchange) -> ProxiedExchange:
        if it.parameters.get("page") not in {"1", "2"}:
            return it.with_json(foreign) if lists(it) else it
        end = int(it.parameters["page"]) * (rows := int(it.parameters["rows"]))
        return it.with_reply(200, {"total": number, "data": foreign[end - rows : end]})

    return change


@pytest.mark.slow
@pytest.mark.parametrize("reads", [1, 4])
def test_release_is_recognised_while_jobs_of_others_start(broken: Broken, reads: int):
    starting = effect_of(numbered(lambda n: with_foreign_jobs(n // reads)), "get_running_jobs")
    with Target(broken(starting(), "2.3.13")) as target:
        assert "2.3.13" in best(fits(target, map(load, releases())))


@pytest.mark.slow
def test_wrong_operation_does_not_make_a_target_like_a_release_without_it(broken: Broken):
    wrong = effect_of(edited(put(total=99)), "get_running_jobs", when=lambda it: "page" in it.parameters and it.ok)
    assert choose(Settings(url=broken(wrong(), "2.3.13"))).note == "the target says that it is 2.3.13"


NEWEST = releases()[-1]


def changed(contract: Contract, before: Contract) -> list[Operation]:
    """Return the operations that differ from the contract before, in more than descriptions."""
    compared = {change.operation for change in diff(before, contract)}
    new, old = (undescribed(each.document["paths"]) for each in (contract, before))
    return [
        operation
        for operation in contract.operations
        if f"{operation.method} {operation.path}" in compared or new[operation.path] != old.get(operation.path)
    ]


def undescribed(document: Any) -> Any:
    """Return a document without descriptions, which neither server nor suite reads."""
    if isinstance(document, list):
        return [undescribed(each) for each in document]
    if isinstance(document, dict):
        return {name: undescribed(each) for name, each in document.items() if name not in {"description", "summary"}}
    return document


def of_operations(contract: Contract, operations: list[Operation]) -> tuple[str, ...]:
    """Return the clauses of operations."""
    ids = {operation.id for operation in operations}
    return tuple(clause.id for clause in contract.clauses if clause.operation_id in ids)


def complaints(report: Report) -> list[str]:
    return [f"{o.id}: {o.reason}" for o in report.outcomes if o.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}]


@pytest.mark.slow
@pytest.mark.parametrize(("before", "release"), list(pairwise(releases()[:-1])))
def test_server_as_a_release_keeps_its_contract(reference_as: ReferenceAs, before: str, release: str):
    url = reference_as(release)
    # Operations without changes are covered by the runs for the release before and the newest one.
    contract, operations = load(release), changed(load(release), load(before))
    names = [f"{operation.method} {operation.path}" for operation in operations]
    known = {(clause.id, clause.text) for clause in load(before).clauses}
    new = [clause.id for clause in contract.clauses if (clause.id, clause.text) not in known]
    # The profile smoke has no requests that can submit jobs.
    only = ("http.*", *of_operations(contract, operations), *new)
    only += tuple(name for name in names if name.startswith("POST /submit-job"))
    clauses = run(Settings(url=url, seed=1, only=only, skip=("POST /submit-job*, *",)))
    generated = run(Settings(url=url, release=release, profile="smoke", seed=1, only=tuple(names), skip=("*.*",)))
    for report in (clauses, generated):
        assert complaints(report) == []
        assert report.footer.verdict is RunVerdict.CONFORMS
        assert report.header.release == release


@pytest.mark.slow
@pytest.mark.parametrize("proposal", proposals())
def test_server_as_a_proposal_keeps_the_clauses_of_what_it_changes(reference_as: ReferenceAs, proposal: str):
    contract = load(proposal)
    only = of_operations(contract, changed(contract, load(NEWEST)))
    if not only:  # it changes descriptions
        assert [clause.text for clause in contract.clauses] == [clause.text for clause in load(NEWEST).clauses]
        return
    # A proposal has the same version as the release that it changes, so it has to be named.
    report = run(Settings(url=reference_as(proposal), release=proposal, seed=1, only=only))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS


@pytest.mark.slow
def test_server_as_the_newest_release_passes_every_check(reference_as: ReferenceAs):
    report = run(Settings(url=reference_as(NEWEST), release=NEWEST, seed=1))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS
