"""The checks fit the contract, and find the deviation of servers that deviate in one respect."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asgi import App
from makers import Judge, ReferenceAs, Serve

import seatunnel_conformance
from seatunnel_conformance.arrange.job_reads import OwnJob
from seatunnel_conformance.checks import registry
from seatunnel_conformance.checks.http_operations import basic_auth
from seatunnel_conformance.checks.job_views import is_unchanged, shown_everywhere
from seatunnel_conformance.checks.registry import Check, all_checks, check
from seatunnel_conformance.errors import DuplicateRegistration, MemberMissing, MisnamedCheck, NotObservable
from seatunnel_conformance.observe.accusation import comparable
from seatunnel_conformance.observe.forms import JobForms, changed
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.reads import MANY, ListReads
from seatunnel_conformance.text.redaction import Secret
from seatunnel_openapi import Contract, load, proposals, releases
from seatunnel_openapi.contract import Level


def asking(challenge: str, *, open_path: str = "") -> App:
    """Return an app without jobs that requires credentials except at one path, of another scheme at `/stop-job`."""

    async def asgi(scope: dict[str, Any], _: Any, send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            return
        given = any(name == b"authorization" for name, _ in scope["headers"])
        is_open = given or scope["path"] == open_path
        named = challenge if scope["path"] == "/stop-job" else 'Basic realm="SeaTunnel"'
        headers = [] if is_open else [(b"www-authenticate", named.encode())]
        await send({"type": "http.response.start", "status": 200 if is_open else 401, "headers": headers})
        shown = b"[]" if scope["path"].endswith("-jobs") else b'{"runningJobs": "0"}'
        await send({"type": "http.response.body", "body": shown if is_open else b""})

    return asgi


def checked(url: str, contract: Contract) -> OwnIds:
    connection = Connection(user="admin", password=Secret("secret"))
    with Target(url, allow_writes=True, connection=connection) as target:
        basic_auth(target, contract, target.own.generate())
        return target.own


def test_every_path_and_method_asks_for_credentials(serve: Serve, contract: Contract):
    own = checked(serve(asking("basic")), contract)
    assert own.before == frozenset()  # the job guard has read the lists with the credentials of the run


@pytest.mark.parametrize("app", [asking("Bearer"), asking("basic", open_path="/logs")])
def test_path_without_the_request_for_a_password_is_found(serve: Serve, app: App, contract: Contract):
    with pytest.raises(AssertionError):
        checked(serve(app), contract)


def test_server_that_needs_no_credentials_is_none_of_the_clause(serve: Serve, contract: Contract):
    with pytest.raises(NotObservable):
        checked(serve(asking("basic", open_path="/overview")), contract)


OWN = OwnJob("7", "own", {})


@pytest.mark.parametrize(
    ("release", "state", "expected"),
    [
        ("development-2026-07-01", "FAILED", NotObservable),
        ("development-2026-07-01", "RUNNING", MemberMissing),
        ("2.3.13", "FAILED", MemberMissing),
    ],
)
def test_member_that_comes_later_is_no_missing_one(release: str, state: str, expected: type[Exception]):
    contract = load(release)
    running = contract.document["components"]["examples"]["GetJobInfoRunning"]["value"]
    with pytest.raises(expected):
        JobForms.of(contract, "get_job_info").shown({**running, "jobStatus": state})["errorMsg"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/finished-jobs", "/finished-jobs/{state}", "/running-job/{jobId}"])
def test_job_in_the_running_form_is_compared_with_the_finished_form(reference_as: ReferenceAs, judge: Judge, path: str):
    release = "development-2026-07-01"
    outcome = judge(
        f"GET {path}, with jobs", reference_as(release, engine="state-cleanup-delay-ms: 100000000"), release
    )
    assert outcome.verdict is Verdict.PASS, outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize("release", ["documented", "2.3.13"])
@pytest.mark.parametrize("clause", ["http.error-shape", "http.error-content-type"])
def test_page_of_the_container_for_a_broken_escape_is_no_error_of_an_operation(
    reference_as: ReferenceAs, judge: Judge, clause: str, release: str
):
    outcome = judge(clause, reference_as(release), release)
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_jars_depend_on_the_form_of_an_ended_job():
    contract = load("development-2026-07-01")
    examples = contract.document["components"]["examples"]
    running = {**examples["GetJobInfoRunning"]["value"], "jobStatus": "FINISHED"}
    finished = {name: running.get(name) for name in contract.schema("FinishedJob")["required"]} | {"pluginJarsUrls": []}
    assert running["pluginJarsUrls"]
    assert changed(running, finished) == {}
    found, expected = comparable(running), comparable(finished)
    assert {name for name in found.keys() & expected.keys() if found[name] != expected[name]} == set()


class GrowingList:
    """A target with one ended job of the run. Other clients may add many jobs, or the target forgets the job."""

    def __init__(self) -> None:
        self.wire = SimpleNamespace(lists=ListReads())
        self.observer = SimpleNamespace(touch=lambda _: None, changed=lambda _: 0.0)
        self.shown = [{"jobId": OWN.id, "jobStatus": "FINISHED"}]
        self.forgets = ""

    def get(self, *_: str, **__: str) -> Response:
        return Response(200, [("content-type", "application/json")], json.dumps(self.shown[0]).encode())

    def listed(self, path: str, _: float) -> SimpleNamespace:
        return SimpleNamespace(items=[] if path == self.forgets else self.shown)


def test_list_that_became_long_shows_an_ended_job_as_before_and_one_that_forgets_it_does_not():
    target = GrowingList()
    before = shown_everywhere(cast(Target, target), OWN, "FINISHED")
    assert "get_finished_jobs_by_state" in before
    target.forgets = "/finished-jobs/FINISHED"
    with pytest.raises(AssertionError, match="get_finished_jobs_by_state no longer shows the job"):
        is_unchanged(before, cast(Target, target), OWN, "FINISHED")
    target.wire.lists.count(target.forgets, MANY + 1)
    is_unchanged(before, cast(Target, target), OWN, "FINISHED")


def test_every_check_names_a_clause_of_a_contract():
    known = {clause.id for name in (*releases(), *proposals()) for clause in load(name).clauses}
    assert [f"{found.place} checks {found.clause_id}" for found in all_checks() if found.clause_id not in known] == []


def test_every_must_clause_has_a_check(contract: Contract):
    checked = {found.clause_id for found in all_checks()}
    assert [clause.id for clause in contract.clauses if clause.level is Level.MUST and clause.id not in checked] == []


def test_second_check_of_a_clause_is_refused():
    with pytest.raises(DuplicateRegistration):
        check("job-info.unknown-id")(all_checks()[0].function)


def test_check_in_another_place_than_its_clause_says_is_refused():
    def somewhere() -> None: ...

    with pytest.raises(MisnamedCheck):
        check("job-info.elsewhere")(somewhere)


def test_every_check_says_why_it_matters():
    assert [found.clause_id for found in all_checks() if not found.why.endswith(".")] == []


def test_checks_need_nothing_but_what_a_bench_has():
    known = {"target", "nodes", "contract", "jobs", "tags", "unused_id", "failover", "figures"}
    assert [found.clause_id for found in all_checks() if not set(found.needs) <= known] == []


def test_check_that_takes_jobs_writes():
    assert all(found.writes for found in all_checks() if registry.WRITING & set(found.needs))


def test_check_runs_with_only_what_it_needs():
    seen = []

    def takes_a_target(target: str) -> None:
        seen.append(target)

    found = Check("a.b", takes_a_target, writes=False, needs=("target",))
    found({"target": "t", "contract": "c"})
    assert seen == ["t"]


def test_all_checks_come_in_the_order_of_their_files(contract: Contract):
    ids = [found.clause_id for found, _ in registry.paired(all_checks(), contract)]
    in_contract = [clause.id for clause in contract.clauses]
    assert ids == sorted(ids, key=in_contract.index)


def test_no_message_prints_a_list_of_python():
    """Values in messages are JSON or words: `sorted(…)`, a slice of a list and a list itself are neither."""
    found = []
    for path in sorted(Path(seatunnel_conformance.__file__).parent.rglob("*.py")):
        if path.parent.name in {"checks", "arrange", "invariants"}:
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            texts = [node.value for node in nodes if isinstance(node, ast.FormattedValue)]
            found += [f"{path.name}:{value.lineno}: {ast.unparse(value)}" for value in texts if _is_list(value)]
    assert found == []


def _is_list(value: ast.expr) -> bool:
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Slice):
        # `text[:LIMIT]` cuts a text; a slice up to a number can be that of a list.
        return isinstance(value.slice.upper, ast.Constant) and _is_list_or_name(value.value)
    return _is_list_or_name(value) and not isinstance(value, ast.Name)


def _is_list_or_name(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in {"sorted", "list", "set", "tuple", "dict"}
    return isinstance(
        value, (ast.Name, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp)
    )
