"""The changes of an exchange that faults are made of."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from seatunnel_conformance.faults.catalogue import Fault, all_faults, fault_named
from seatunnel_conformance.faults.exchange import ProxiedExchange

Make = Callable[..., ProxiedExchange]


@pytest.mark.parametrize(
    ("target", "method", "operation_id", "value"),
    [
        ("/overview", "GET", "get_overview", ""),
        ("/overview?tag=a%20b", "GET", "get_overview", ""),
        ("/overview", "HEAD", "get_overview", ""),
        ("/overview/", "GET", "", ""),
        ("/OVERVIEW", "GET", "", ""),
        ("/overview", "POST", "", ""),
        ("/job-info/%2B5", "GET", "get_job_info", "+5"),
        ("/job-info/5/", "GET", "get_job_info", "5/"),
        ("/job-info/", "GET", "", ""),
        ("/logs/job-5.log", "GET", "read_logs", "job-5.log"),
        ("/log/a.log", "GET", "read_node_log", "a.log"),
        ("/finished-jobs", "GET", "get_finished_jobs", ""),
        ("/finished-jobs/FAILED", "GET", "get_finished_jobs_by_state", "FAILED"),
        ("/stop-jobs", "POST", "stop_jobs", ""),
    ],
)
def test_request_is_for_an_operation(asked: Make, target: str, method: str, operation_id: str, value: str):
    exchange = asked(target, method)
    assert (exchange.operation_id, exchange.value) == (operation_id, value)


def test_context_path_stands_before_the_path(asked: Make):
    exchange = asked("/seatunnel/overview", context_path="/seatunnel")
    assert exchange.is_for("get_overview")
    assert exchange.with_request(path="/log").target == "/seatunnel/log"


def test_path_outside_of_the_context_is_for_no_operation(asked: Make):
    assert [asked(target, context_path="/seatunnel").operation_id for target in ("/overview", "/seatunnel")] == ["", ""]


def test_request_that_asks_for_the_same_is_the_same(asked: Make):
    exchange = asked("/overview?a=%zz")
    assert exchange.with_request(path="/overview") is exchange


def test_same_document_leaves_the_answer_as_it_is(answered: Make):
    exchange = answered("/overview", {"a": 1})
    assert exchange.with_json({"a": 1}) is exchange


@pytest.mark.parametrize("other", [1.0, True, "1"])
def test_number_of_another_kind_is_another_document(answered: Make, other: object):
    exchange = answered("/overview", {"a": 1}).with_json({"a": other})
    assert json.loads(exchange.received.body) == {"a": other}
    assert exchange.received.body != b'{"a":1}'


@pytest.mark.parametrize("name", ["json-has-blanks", "json-escapes-letters", "json-members-are-reversed"])
def test_json_that_is_written_otherwise_has_the_names_of_the_deployment(answered: Make, name: str):
    exchange = answered("/overview", {"works": "1"})
    spoken = replace(exchange, connection=replace(exchange.connection, speaks="documented"))
    assert json.loads(fault_named(name).make().on_response(spoken).received.body) == {"works": "1"}


def test_text_is_sent_as_it_is(answered: Make):
    assert answered("/overview", {"a": "\u6d4b"}).received.body == '{"a":"\u6d4b"}'.encode()


def test_answer_to_a_head_gets_no_body(asked: Make):
    head = asked("/overview", "HEAD")
    assert head.with_error(404).received.body == b""
    assert head.with_error(404).with_body(b"x").received.body == b""


def test_what_is_no_json_is_no_document(answered: Make):
    exchange = answered("/log/a.log", {}).with_body(b"{").with_header("Content-Type", "text/plain")
    assert exchange.document is None
    assert not exchange.is_error


def test_unanswered_exchange_has_no_answer_to_look_at(asked: Make):
    with pytest.raises(ValueError, match="no response yet"):
        asked("/overview").status  # noqa: B018 - it raises


@pytest.mark.parametrize(
    "config",
    [
        {"source": [], "sink": []},
        {"env": None, "source": [{}], "transform": None, "sink": [{}]},
        {"env": {"shade.options": ["key"]}, "source": [{"key": 1}], "sink": [{"password": 2}]},
    ],
    ids=["no-env", "env-is-null", "secret-is-a-number"],
)
@pytest.mark.parametrize(
    "one",
    [one for one in all_faults() if any(each.startswith("encrypt-config") for each in one.breaks)],
    ids=lambda one: one.id,
)
def test_fault_of_credentials_raises_nothing_for_configs_that_are_drawn(
    answered: Make, one: Fault, config: dict[str, object]
):
    """A fault whose code raises an error changes nothing, and its trial says nothing of the checks."""
    exchange = answered("/encrypt-config", config, method="POST", body=json.dumps(config).encode())
    effect = one.make()
    assert effect.on_request(exchange)
    assert effect.on_response(exchange)


@pytest.mark.parametrize(
    ("fault_id", "target", "method", "body"),
    [
        ("tags-match-by-their-beginning", "/overview?zone=", "GET", b""),
        ("stop-stays-on-its-node", "/stop-job", "POST", b"[1]"),
        ("stop-stays-on-its-node", "/stop-job", "POST", b""),
    ],
)
def test_fault_changes_no_request_that_it_is_not_about(
    asked: Make, fault_id: str, target: str, method: str, body: bytes
):
    exchange = asked(target, method, body)
    assert fault_named(fault_id).make().on_request(exchange) is exchange
