"""Responses as schemathesis gets them, long ones shortened, and correct ones that it reports."""

import json

import pytest

from seatunnel_conformance.errors import ResponseTooLong
from seatunnel_conformance.generated.engine import LONGEST_EXAMINED, abridged
from seatunnel_conformance.run.generation import is_excused
from seatunnel_conformance.target.exchange import MOST_VALUES, Exchange, Request, Response
from seatunnel_openapi import Contract, load, releases


@pytest.fixture
def container() -> Contract:
    """The contract of a release whose servlet container answers wrong methods itself."""
    return next(load(name) for name in releases() if load(name).behaviour["unsupportedMethod"] == "container-page")


def exchange(method: str, sent: bytes | None, status: int, got: bytes) -> Exchange:
    return Exchange(Request(method, "http://target", "/", body=sent), Response(status, [], got))


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("GET /overview", exchange("QUERY", None, 501, b"")),
        ("GET /log/{file}", exchange("GET", None, 400, b"")),
        ("POST /stop-jobs", exchange("POST", b" \t ", 200, b"[]")),
        ("POST /submit-jobs", exchange("POST", b" ", 200, b"[]")),
    ],
)
def test_what_no_schema_can_state_is_excused(label: str, shown: Exchange, container: Contract) -> None:
    assert is_excused(container, label, shown)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("GET /overview", exchange("GET", None, 501, b"")),
        ("GET /overview", exchange("QUERY", None, 500, b"")),
        ("GET /log/{file}", exchange("GET", None, 400, b"<html>")),
        ("GET /job-info/{jobId}", exchange("GET", None, 400, b"")),
        ("POST /stop-jobs", exchange("POST", b"{}", 200, b"[]")),
        ("POST /stop-jobs", exchange("POST", b" ", 200, b'[{"jobId":1}]')),
        ("POST /stop-jobs", exchange("POST", b" ", 500, b"[]")),
        ("POST /stop-job", exchange("POST", b" ", 200, b"[]")),
    ],
)
def test_anything_else_is_not_excused(label: str, shown: Exchange, container: Contract) -> None:
    assert not is_excused(container, label, shown)


@pytest.mark.parametrize(("release", "excused"), [("2.3.12", ["POST /submit-job"]), ("2.3.13", [])])
def test_job_that_was_just_submitted_can_break_a_response_of_one_release(release: str, excused: list[str]):
    contract, broken = load(release), exchange("GET", None, 500, b"{}")
    found = [
        after
        for after in ("", "GET /overview", "POST /submit-job")
        if is_excused(contract, "GET /job-info/{jobId}", broken, after)
    ]
    assert found == excused


def test_unknown_verb_is_not_excused_where_the_contract_wants_405() -> None:
    assert not is_excused(load(), "GET /overview", exchange("QUERY", None, 501, b""))


def test_short_body_is_examined_as_it_is():
    assert abridged(b"{ }") == b"{ }"


def test_long_list_is_abridged_to_its_ends():
    shorter = json.loads(abridged(json.dumps([{"id": at, "text": "x" * 50_000} for at in range(400)]).encode()))
    assert [shorter[0]["id"], shorter[-1]["id"]] == [0, 399]
    assert set(map(frozenset, shorter)) == {frozenset({"id", "text"})}
    assert len(json.dumps(shorter)) < 2**19


@pytest.mark.parametrize("body", [b"x" * 10**6, b'{"a": ' + b"9" * 10**6 + b"}", b"[" * 10**5, b"{" + b'"a":1' * 10**5])
def test_long_body_that_is_no_json_stays_none(body: bytes):
    assert abridged(body) == body[:LONGEST_EXAMINED]


def test_body_that_can_not_be_abridged_is_too_long():
    with pytest.raises(ResponseTooLong):
        abridged(b"[" + b"1," * MOST_VALUES + b"1]")
