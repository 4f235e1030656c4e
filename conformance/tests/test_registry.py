"""The checks and the contract belong together."""

import ast
from pathlib import Path

import pytest

import seatunnel_conformance
from seatunnel_conformance.checks import registry
from seatunnel_conformance.checks.registry import Check, all_checks, check
from seatunnel_conformance.errors import DuplicateRegistration, MisnamedCheck
from seatunnel_openapi import Contract, load, proposals, releases
from seatunnel_openapi.contract import Level


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
        # A text that is cut has a name in capitals as its limit.
        return isinstance(value.slice.upper, ast.Constant) and _is_list_or_name(value.value)
    return _is_list_or_name(value) and not isinstance(value, ast.Name)


def _is_list_or_name(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in {"sorted", "list", "set", "tuple", "dict"}
    return isinstance(
        value, (ast.Name, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp)
    )
