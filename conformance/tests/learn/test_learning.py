"""The contract of a deployment that no release describes, learned from its responses, and a draft that it keeps."""

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest
from asgi import Asked, app

from overlays import overlay
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.faults.catalogue import effect_of
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.switch import FaultSwitch
from seatunnel_conformance.learn import LearningPlan, learn, probes
from seatunnel_conformance.learn.learning import OutputExists
from seatunnel_conformance.learn.trials import alternatives, clauses_of_others, facts_held, facts_of, repaired
from seatunnel_conformance.replay import Recording
from seatunnel_conformance.report.outcomes import Outcome, RunVerdict, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import load, releases
from seatunnel_openapi.contract import Level

BEFORE = "2.3.13"


@pytest.fixture
def dialect(tmp_path):
    """Write an overlay for a deployment, and return its path."""
    plan = "$.components.schemas['RunningJob', 'FinishedJob']", "{x-means: {graph: jobDag}}"
    lists = "$['x-behaviour']", "{listEnvelope: items, jsonCharset: none}"
    return overlay(tmp_path / "dialect.yaml", BEFORE, plan, lists)


def plan(url: str, folder: Path, **options) -> LearningPlan:
    settings = Settings(url=url, release=BEFORE, seed=1, allow_writes=options.pop("writes", False))
    return LearningPlan(settings, folder / "acme.yaml", **options)


@pytest.mark.slow
def test_draft_of_a_deployment_states_its_differences_with_evidence_and_is_kept(reference_as, dialect, tmp_path):
    url = reference_as(dialect)
    # A single fact of another release is a suspected fault.
    learned = learn(plan(url, tmp_path, writes=True, accept=("document.jsonCharset",)))
    assert {it.subject for it in learned.stated} == {
        "document.listEnvelope",
        "document.jsonCharset",
        "RunningJob.jobDag",
        "FinishedJob.jobDag",
    }
    assert (learned.base, learned.version, learned.faults) == (BEFORE, BEFORE, ())
    steps = {f"{it.full_name}/send" for it in Recording.load(tmp_path / "acme.ndjson")}
    assert {it.step for it in learned.stated} <= steps
    only = ("job-info.*", "running-jobs.*", "http.json-content-type")
    report = run(Settings(url=url, release=str(learned.output), seed=1, only=only))
    assert report.footer.verdict is RunVerdict.CONFORMS


@pytest.mark.slow
def test_fault_is_a_comment_in_the_draft_unless_it_is_accepted(reference_as, tmp_path):
    with Proxy(reference_as(BEFORE), load(BEFORE)) as proxy:
        switch = FaultSwitch()
        switch.start("version-is-missing")
        proxy.switch(switch)
        learned = learn(plan(proxy.url, tmp_path))
        assert [it.subject for it in learned.stated] == []
        assert "Overview.projectVersion" in {it.subject for it in learned.faults}
        text = learned.output.read_text(encoding="utf-8")
        assert "  # - target: $.components.schemas['Overview'].properties['projectVersion']\n" in text
        accepted = learn(plan(proxy.url, tmp_path, force=True, accept=("Overview.*",)))
    assert "Overview.projectVersion" in {it.subject for it in accepted.stated}
    assert "projectVersion" not in load(str(accepted.output)).schema("Overview")["properties"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "clause", "suspected"),
    [
        ("log-path-leaves-the-folder", "logs.inside-folder", set()),
        ("vertices-share-a-number", "job-info.vertices", {"submit_job.chainVertex"}),
    ],
)
def test_fault_that_looks_like_one_fact_of_another_release_is_not_stated(
    reference_as, tmp_path, fault, clause, suspected
):
    with Proxy(reference_as(BEFORE), load(BEFORE)) as proxy:
        switch = FaultSwitch()
        switch.start(fault)
        proxy.switch(switch)
        learned = learn(plan(proxy.url, tmp_path, writes=bool(suspected), only=(clause,)))
    assert learned.stated == ()
    assert {it.subject for it in learned.faults} == {clause, *suspected}


QUICK = {"only": ("overview.members",)}


def test_target_that_dies_is_said_to_be_gone_and_no_draft_is_written(reference_as, tmp_path):
    with ExitStack() as stack:
        url = stack.enter_context(Proxy(reference_as(BEFORE), load(BEFORE))).url

        def stop(said):
            if said == "checking all clauses":
                stack.close()

        with pytest.raises(TargetUnreachable, match="can't be reached"):
            learn(plan(url, tmp_path, **QUICK), stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_slow_target_is_learned_and_what_varies_is_in_no_draft(reference_as, tmp_path):
    def slowly(it):
        time.sleep(0.05)
        return it

    texts = []
    with Proxy(reference_as(BEFORE), load(BEFORE)) as proxy:
        proxy.switch(effect_of(slowly)())
        for _ in range(2):
            learned = learn(plan(proxy.url, tmp_path, writes=True, force=True, **QUICK))
            texts.append(learned.output.read_text(encoding="utf-8"))
    assert (learned.stated, learned.faults) == ((), ())
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_job_of_somebody_else_runs_on(reference_as, tmp_path):
    url = reference_as(BEFORE)
    others = Jobs.on(url, load(BEFORE), allow_writes=True)
    foreign = others.moving()
    before = others.info(foreign.id)
    learn(plan(url, tmp_path, writes=True, only=("stop-job.*", "submit-job.id-of-ended-job")))
    assert [others.info(foreign.id)[name] for name in ("jobStatus", "jobName")] == ["RUNNING", before["jobName"]]
    others.close()
    others.target.close()


def test_operations_that_are_named_are_asked_for_and_drafted_if_they_are_there(reference_as, tmp_path):
    paths = ("http://other:1/running-jobs/summary?page=1", "/no-such-path", "/overview", "/realtime/{id}/x")
    learned = learn(plan(reference_as("development-2026-07-01"), tmp_path, paths=paths, **QUICK))
    assert [it.subject for it in learned.stated if it.kind == "added"] == ["observed_running_jobs_summary"]
    drafted = load(str(learned.output)).operation("observed_running_jobs_summary")
    assert (drafted.path, drafted.response_schema(200)["type"]) == ("/running-jobs/summary", "array")


def test_existing_file_is_not_replaced_without_force(tmp_path):
    (tmp_path / "acme.ndjson").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExists, match=r"acme\.ndjson exists; --force replaces it"):
        learn(plan("http://127.0.0.1:9", tmp_path))


def test_values_to_try_are_those_of_the_facts_that_a_clause_depends_on_and_of_releases_first():
    known, contract = tuple(map(load, releases())), load(BEFORE)
    facts = facts_of(contract, outcome("job-info.unknown-id", ("document", "errorMessage")))
    assert {"unknownJob", "errorMessage"} == {name for _, name in facts}
    values = alternatives(contract, known, facts)
    assert [bool(it.releases) for it in values] == sorted((bool(it.releases) for it in values), reverse=True)
    # A value that is a special case of another one is tried before it.
    texts = [it.value for it in alternatives(contract, (), [("document", "errorMessage")])]
    assert texts == ["stack-trace", "class-and-text"]


def test_value_that_leaves_something_open_is_tried_last():
    values = alternatives(load(BEFORE), tuple(map(load, releases())), [("get_running_jobs", "listOrder")])
    assert [it.value for it in values] == ["oldest-first", "unspecified"]


def test_clauses_of_other_releases_are_probes_of_facts_that_no_clause_of_the_release_names():
    actions = clauses_of_others(load(BEFORE)).actions
    ids = {clause["id"] for action in actions for clause in action["update"]["x-clauses"]}
    assert {"submit-job.dry-run", "stop-job.force"} <= ids
    assert not ids & {it.id for it in load(BEFORE).clauses}


def outcome(clause_id: str, *facts: tuple[str, str], verdict: Verdict = Verdict.FAIL) -> Outcome:
    clause = load(BEFORE).clause(clause_id)
    said = "expected 1, found 2"
    return Outcome(clause_id, verdict, clause.level, clause.text, clause.operation_id, said, facts=frozenset(facts))


def deployment(needed):
    """Return the trial for `repaired`: a clause passes if all values that it needs are set."""

    def attempt(actions, clauses):
        facts = {name: value for action in actions for name, value in action["update"].items()}
        passed = {it for it in clauses if it in needed and needed[it].items() <= facts.items()}
        verdicts = {it: Verdict.PASS if it in passed else Verdict.FAIL for it in clauses}
        return {it: outcome(it, verdict=verdict) for it, verdict in verdicts.items()}

    return attempt


def test_fact_under_whose_value_a_clause_passes_is_a_difference_and_a_clause_that_never_does_a_suspected_fault():
    failed = [outcome(it) for it in ("job-info.unknown-id", "overview.members")]
    attempt = deployment({"job-info.unknown-id": {"unknownJob": "echo-text"}})
    found = {it.subject: it for it in repaired(load(BEFORE), (load("2.3.9"),), failed, attempt)}
    assert set(found) == {"get_job_info.unknownJob", "get_running_job.unknownJob", "overview.members"}
    # Only the clause says that both operations have the fact.
    assert found["get_running_job.unknownJob"].confidence == "likely"
    assert found["overview.members"].fault
    assert found["overview.members"].actions[0]["remove"]


def test_fact_is_described_as_the_release_describes_it_that_has_it():
    needed = {"submit-job.reserved-keys": {"keyMarks": "allowed"}}
    failed = [outcome("submit-job.reserved-keys", ("encrypt_config", "keyMarks"))]
    known = tuple(map(load, releases()))
    (found,) = repaired(load("2.3.11"), known, failed, deployment(needed))
    assert found.text == "A key of a config can contain marks such as an at sign."


def test_two_facts_together_and_a_fact_of_many_clauses_are_found_and_nothing_else_is_stated():
    facts = [("document", "errorMessage"), ("encrypt_config", "nonTextValue"), ("encrypt_config", "listValue")]
    failed = [outcome("encrypt-config.other-kinds", *facts), outcome("http.empty-body", facts[0])]
    both = {"nonTextValue": "bad-request", "listValue": "encoded"}
    needed = {"encrypt-config.other-kinds": both, "http.empty-body": {"errorMessage": "stack-trace"}}
    found = list(repaired(load(BEFORE), (load("2.3.9"),), failed, deployment(needed)))
    assert {it.subject for it in found} == {".".join(it) for it in facts}
    assert all(it.kind == "fact" for it in found)
    # No known release has this value, and its clause is a MUST.
    assert {it.subject for it in found if it.fault} == {"document.errorMessage"}


def test_value_is_tried_again_for_a_clause_that_under_it_reads_what_was_changed_for_another():
    message, kinds, lists = (
        ("document", "errorMessage"),
        *(("encrypt_config", f"{it}Value") for it in ("nonText", "list")),
    )

    def attempt(actions, clauses):
        facts = {name: value for action in actions for name, value in action["update"].items()}
        is_told = facts.get("errorMessage") == "stack-trace"
        passed = {
            "encrypt-config.other-kinds": facts.get("nonTextValue") == "bad-request",
            "http.empty-body": is_told and "listValue" not in facts,
        }
        read = {"encrypt-config.other-kinds": [kinds], "http.empty-body": [message, lists] if is_told else [message]}
        return {it: outcome(it, *read[it], verdict=Verdict.PASS if passed[it] else Verdict.FAIL) for it in clauses}

    failed = [outcome("encrypt-config.other-kinds", kinds), outcome("http.empty-body", message)]
    found = list(repaired(load(BEFORE), (load("2.3.9"),), failed, attempt))
    assert {it.subject: it.kind for it in found} == {".".join(it): "fact" for it in (message, kinds)}


def test_fact_is_harmless_if_only_recommendations_fail_and_a_fault_if_a_must_clause_fails_too():
    fact, value = ("document", "errorMessage"), {"errorMessage": "stack-trace"}
    ids = ["http.broken-json", "http.empty-body"]
    levels = [replace(outcome(ids[0], fact), level=Level.SHOULD), outcome(ids[1], fact)]
    needed = dict.fromkeys(ids, value)
    (alone,) = repaired(load(BEFORE), (), levels[:1], deployment(needed))
    assert (alone.fault, alone.harmless) == ("", True)
    (both,) = repaired(load(BEFORE), (), levels, deployment(needed))
    assert (bool(both.fault), both.harmless) == (True, False)


def test_clause_that_passes_by_chance_under_another_value_is_no_difference():
    times = count()

    def attempt(_, clauses):
        verdict = Verdict.PASS if next(times) == 0 else Verdict.FAIL
        return {it: outcome(it, verdict=verdict) for it in clauses}

    failed = [outcome("job-info.unknown-id")]
    assert [it.kind for it in repaired(load(BEFORE), (load("2.3.9"),), failed, attempt)] == ["clause"]


@pytest.mark.slow
def test_release_is_that_which_the_deployment_states_where_its_words_hide_it(reference_as, tmp_path):
    words = "$['x-behaviour']", "{memberCase: snake_case, listEnvelope: data}"
    dialect = overlay(tmp_path / "dialect.yaml", BEFORE, words)
    learned = learn(LearningPlan(Settings(url=reference_as(dialect), seed=1), tmp_path / "acme.yaml"))
    assert (learned.base, learned.version) == ("2.3.13", "2.3.13")
    assert {it.subject for it in learned.stated} == {"document.memberCase", "document.listEnvelope"}


def test_interrupt_cuts_the_probes_that_wait_for_a_response(serve, monkeypatch):
    asked, answered, over = threading.Event(), list[str](), threading.Event()

    def answer(request: Asked) -> tuple[int, object]:
        asked.set()
        over.wait(20)
        answered.append(request.target)
        return 200, {}

    def interrupt(_: Context) -> None:
        asked.wait(20)
        raise KeyboardInterrupt

    contract = load(BEFORE)
    first, second = islice((fact for fact in probes.PROBES if fact[1] in facts_held(contract, fact[0])), 2)
    waits = {first: interrupt, second: lambda worker: worker.target.get("/overview")}
    monkeypatch.setattr(probes, "PROBES", waits)
    context = Context.set_up(Settings(serve(app(answer)), release=BEFORE, allow_writes=True), contract)
    monkeypatch.setattr(Jobs, "checks_at_once", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        list(probes.asked_facts(context, (contract,)))
    assert answered == []
    over.set()
    context.close()
