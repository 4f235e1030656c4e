"""A rehearsal of an upgrade: it reads logs, distinguishes requests, and lists only the changes that concern them."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.compare import ComparedStep
from seatunnel_conformance.rehearsal import (
    BrokenLog,
    ClientSource,
    LoggedRequest,
    Rehearsal,
    Replayed,
    RequestLog,
    read_log,
    rehearse,
)
from seatunnel_conformance.rehearsal.replayed import loses
from seatunnel_conformance.rehearsal.report import as_json, markdown, text
from seatunnel_conformance.rehearsal.rows import advice
from seatunnel_conformance.replay import RecordedStep
from seatunnel_conformance.replay.normalise import ABSENT, ExchangeDifference, compared
from seatunnel_openapi import load, overlays
from seatunnel_openapi.comparison import Change, Severity
from seatunnel_openapi.files import UnusableFile

BASE = "http://seatunnel:8080/seatunnel"
Entry = dict[str, Any]


def entry(method: str, url: str, *, response: Any = None, body: str | None = None, status: int = 200) -> Entry:
    content = {} if response is None else {"text": json.dumps(response)}
    request: Entry = {"method": method, "url": url, "headers": [{"name": "Authorization", "value": "Basic secret"}]}
    request |= {} if body is None else {"postData": {"text": body}}
    return {"request": request, "response": {"status": status, "content": content}}


@pytest.fixture
def har(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes entries as a HAR file."""

    def write(*entries: Any) -> Path:
        path = tmp_path / "a.har"
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
        return path

    return write


def rehearsed(path: Path | None, old: str = "2.3.9", new: str = "2.3.13") -> Rehearsal:
    return rehearse(load(old), load(new), overlays(), None if path is None else read_log(path))


def operations(rehearsal: Rehearsal) -> set[str]:
    return {change.operation or "everywhere" for row in rehearsal.rows for change in row.changes}


def test_requests_are_told_apart_whatever_stands_before_their_paths(har: Callable[..., Path]) -> None:
    rehearsal = rehearsed(
        har(
            entry("GET", f"{BASE}/overview"),
            entry("GET", "http://seatunnel:8080/overview?a=b"),
            entry("GET", f"{BASE}/job-info/7"),
            entry("GET", "https://cdn.example/app.js?token=x"),
            entry("POST", f"{BASE}/overview"),
        )
    )
    assert {name: use.requests for name, use in rehearsal.uses.items()} == {
        "GET /overview": 2,
        "GET /job-info/{jobId}": 1,
    }
    assert rehearsal.foreign == {
        "not for SeaTunnel": {"GET https://cdn.example/app.js": 1},
        "with a method that the path does not support": {f"POST {BASE}/overview": 1},
    }


def test_access_log_in_common_and_combined_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(
        '10.0.0.1 - - [25/Nov/2026:14:00:00 +0000] "GET /running-jobs HTTP/1.1" 200 2\n'
        '10.0.0.1 - bob [25/Nov/2026:14:00:01 +0000] "POST /submit-job?format=sql HTTP/1.1" 500 7 "-" "curl/8"\n'
        "something else\n",
        encoding="utf-8",
    )
    traffic = read_log(path)
    assert [(it.method, it.path, it.query, it.status, it.body) for it in traffic.requests] == [
        ("GET", "/running-jobs", "", 200, None),
        ("POST", "/submit-job", "format=sql", 500, None),
    ]
    assert {"GET /running-jobs", "POST /submit-job"} <= operations(rehearsed(path))


def test_access_log_of_serve_is_read(tmp_path: Path) -> None:
    path = tmp_path / "access.ndjson"
    line = {"time": "2026-11-27T22:00:00.000+00:00", "client": "127.0.0.1", "bytes": 2, "seconds": 0.001}
    lines = [
        line | {"method": "GET", "path": "/overview", "status": 200},
        line | {"method": "GET", "path": "/running-jobs", "status": None, "query": ["page", "rows"]},
    ]
    for some in (lines, lines[:1]):
        path.write_text("".join(f"{json.dumps(each)}\n" for each in some), encoding="utf-8")
        requests = read_log(path).requests
        assert [(it.method, it.path, it.status) for it in requests] == [
            (it["method"], it["path"], it["status"]) for it in some
        ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    *_, last = read_log(path).requests
    assert (last.parameters, last.has_values) == ({"page", "rows"}, False)
    path.write_text(json.dumps(lines[0]) + '\n{"method"', encoding="utf-8")
    with pytest.raises(BrokenLog, match="line 2 is not one of `serve --access-log`"):
        read_log(path)


@pytest.mark.parametrize("content", ["{", "[]", '{"log": {}}', '{"a": 1}\n{"b": 2}', "nothing of the kind"])
def test_refusal_names_all_formats(content: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BrokenLog) as refused:
        read_log(path)
    assert re.search(r"HAR file, an access log in common .* format .*`serve --access-log`", refused.value.hint)


@pytest.mark.slow
def test_only_operations_of_the_traffic_are_listed(har: Callable[..., Path]) -> None:
    path = har(entry("GET", f"{BASE}/overview", response={"workers": "1"}))
    assert operations(rehearsed(path)) == {"everywhere", "GET /overview"}
    assert len(operations(rehearsed(None))) > 15
    assert rehearsed(path).left_out > 100


def test_field_that_goes_concerns_those_to_whom_it_came(har: Callable[..., Path]) -> None:
    """From the documentation to an engine `works` becomes `workers`."""

    def removed(response: Any) -> set[str]:
        rehearsal = rehearsed(har(entry("GET", f"{BASE}/overview", response=response)), "documented", "2.3.9")
        return {c.place for row in rehearsal.rows for c in row.changes if c.id == "response-required-property-removed"}

    assert removed({"works": "1"}) == {"200 works"}
    assert removed({"runningJobs": "0"}) == set()
    assert removed(None) == {"200 works"}


@pytest.mark.parametrize(("path", "requests"), [("overview", None), ("pending-jobs", 2)])
def test_fact_that_lists_operations_concerns_the_requests_of_the_new_ones(
    har: Callable[..., Path], path: str, requests: int | None
) -> None:
    rehearsal = rehearsed(har(*[entry("GET", f"{BASE}/{path}")] * 2, entry("GET", f"{BASE}/overview")))
    found = {change.place: row.requests for row in rehearsal.rows for change in row.changes}
    assert found.get("sameAtEveryNode") == requests
    assert found["jsonCharset"] == 3


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("overview", {"jsonCharset"}),
        ("seatunnel/job-info/7", {"jsonCharset", "tableKeys"}),
        ("finished-jobs/FINISHED", {"jsonCharset", "tableKeys"}),
        ("logs/job-7.log", {"jsonCharset", "textCharset"}),
    ],
)
def test_fact_of_all_operations_concerns_those_that_it_is_about(
    path: str, concerned: set[str], har: Callable[..., Path]
) -> None:
    rows = rehearsed(har(entry("GET", f"{BASE}/{path}")), "2.3.10", "2.3.13").rows
    assert {change.place for row in rows for change in row.changes} & {"jsonCharset", *_OF_SOME} == concerned


_OF_SOME = {"headCharset", "longLogs", "tableKeys", "textCharset"}


def test_parameter_that_is_not_sent_concerns_nobody(har: Callable[..., Path]) -> None:
    def parameters(url: str) -> set[str]:
        rows = rehearsed(har(entry("GET", url)), "2.3.13", "2.3.9").rows
        return {c.place for row in rows for c in row.changes if c.id == "request-parameter-removed"}

    assert parameters(f"{BASE}/running-jobs?page=1") == {"query page"}
    assert parameters(f"{BASE}/running-jobs") == set()


JOB = '{"source": [{"plugin_name": "Jdbc"}], "sink": [{"plugin_name": "Jdbc"}]}'


@pytest.mark.parametrize(
    ("query", "body", "concerned"),
    [
        ("", JOB, set()),
        ("?dryRun=true", JOB, {"dryRun"}),
        ("?format=hocon", "source { Jdbc { } }", {"decryption", "hoconRead"}),
        ("", '{"source": [{"plugin_name": "FakeSource", "row.num": 0}]}', {"rowlessSource"}),
        ("", '{"source": [], "transform": [{"plugin_name": "Sql"}]}', {"chainVertex"}),
        ("?jobId=7&isStartWithSavePoint=true", JOB, {"rejectedId", "missingCheckpoint"}),
        ("", None, {"rowlessSource", "chainVertex"}),
    ],
)
def test_change_of_a_submission_concerns_requests_that_use_it(
    query: str, body: str | None, concerned: set[str], har: Callable[..., Path]
) -> None:
    rows = rehearsed(har(entry("POST", f"{BASE}/submit-job{query}", body=body)), "2.3.12", "3.0.0").rows
    facts = {"dryRun", "decryption", "hoconRead", "rowlessSource", "chainVertex", "rejectedId", "missingCheckpoint"}
    assert {change.place for row in rows for change in row.changes} & facts == concerned


def test_pages_concern_requests_for_a_page_and_are_counted(har: Callable[..., Path]) -> None:
    def breaking(*queries: str) -> list[tuple[int, ...]]:
        rows = rehearsed(har(*(entry("GET", f"{BASE}/running-jobs{query}") for query in queries))).rows
        found = [row for row in rows if row.id == "response-body-one-of-added"]
        return [tuple(seen.number for seen in row.affected or ()) for row in found]

    assert breaking("", "") == []
    assert breaking("", "?page=1&rows=10") == [(2,)]


def test_change_of_errors_concerns_requests_that_were_refused(har: Callable[..., Path]) -> None:
    def of_errors(status: int) -> bool:
        rows = rehearsed(har(entry("GET", f"{BASE}/overview", status=status)), "2.3.12", "3.0.0").rows
        return "errorMessage" in {change.place for row in rows for change in row.changes}

    assert (of_errors(200), of_errors(500)) == (False, True)


def test_requests_that_are_not_judged_and_unread_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    lines = [
        '"GET /overview HTTP/1.1" 200 1',
        '"GET /hazelcast/rest/maps/running-jobs HTTP/1.1" 200 1',
        '"PUT /update-tags HTTP/1.1" 501 1',
    ]
    path.write_text("\n".join([*lines, "no request", ""]), encoding="utf-8")
    said = text(rehearsed(path), None, harmless=False)
    assert "1 other request for the REST API V1, which this report does not cover: 1 GET /hazelcast/" in said
    assert "1 other request with a method that the path does not support: 1 PUT /update-tags" in said
    assert "1 line of the log could not be read as a request" in said
    assert "line 1: GET /overview" in said


def test_answers_that_never_came_with_a_status_concern_nobody(har: Callable[..., Path]) -> None:
    def statuses(status: int) -> set[str]:
        rows = rehearsed(har(entry("GET", f"{BASE}/running-jobs", status=status))).rows
        return {c.place.partition(" ")[0] for row in rows for c in row.changes if c.id.startswith("response-")}

    assert statuses(200) == {"200"}
    assert statuses(400) == {"400"}


@pytest.mark.parametrize("severity", list(Severity))
def test_change_of_an_unknown_kind_is_to_be_tried_unless_it_is_compatible(severity: Severity):
    said = advice(Change("endpoint-deprecated", severity, "GET /overview"), "3.0.0")
    assert said == (
        "Nothing to do." if severity is Severity.INFO else "Try the client on `seatunnel-v2 serve --release 3.0.0`."
    )


def test_breaking_changes_come_first_each_with_its_ground_and_advice(har: Callable[..., Path]) -> None:
    paths = ("running-jobs", "finished-jobs/FINISHED")
    rehearsal = rehearsed(har(*(entry("GET", f"{BASE}/{path}?page=1") for path in paths)))
    severities = [row.severity for row in rehearsal.rows]
    assert severities == sorted(severities, key=list(Severity).index)
    first = rehearsal.rows[0]
    assert rehearsal.breaks
    assert {change.operation for change in first.changes} == {"GET /finished-jobs/{state}", "GET /running-jobs"}
    assert (first.requests, first.ground.release, first.ground.evidence.how) == (2, "2.3.13", "recorded")
    assert first.advice.startswith("Accept")
    assert all(row.advice for row in rehearsal.rows)


def test_change_is_of_the_release_that_makes_it_even_if_a_later_one_names_the_member() -> None:
    changed = [(row.ground, change) for row in rehearsed(None, new="3.1.0").rows for change in row.changes]
    grounds = {change.place: ground for ground, change in changed if change.operation == "GET /finished-jobs"}
    assert grounds["200 items/startTime"].release == "2.3.12"
    plan = grounds["200 items/jobDag/jobId"]
    text = "A time can be an empty string, and a plan an empty object."
    assert (plan.release, plan.text) == ("development-2026-07-01", text)


def test_what_a_log_can_not_tell_is_said(har: Callable[..., Path]) -> None:
    remarks = rehearsed(har(entry("GET", f"{BASE}/overview"), entry("POST", f"{BASE}/encrypt-config"))).remarks
    assert any("which members a client reads: the changes of all" in remark for remark in remarks)
    assert any("no responses of GET /overview, POST /encrypt-config" in remark for remark in remarks)
    assert any("no request bodies of POST /encrypt-config" in remark for remark in remarks)


def test_every_format_has_every_row_and_no_secret(har: Callable[..., Path]) -> None:
    rehearsal = rehearsed(har(entry("POST", f"{BASE}/encrypt-config", body='{"source": [{"password": "topsecret"}]}')))
    shown = text(rehearsal, None, harmless=True), markdown(rehearsal, None, harmless=True)
    assert all(row.id in shown[0] and row.advice in shown[1] for row in rehearsal.rows)
    assert len(as_json(rehearsal, None)["rows"]) == len(rehearsal.rows) > 3
    assert "topsecret" not in "".join(shown) + json.dumps(as_json(rehearsal, None))
    assert "--all" in text(rehearsal, None, harmless=False)


@pytest.mark.slow
def test_secrets_of_clients_are_in_no_answer_that_differs() -> None:
    step = RecordedStep({"id": "a", "request": {"method": "GET", "path": "/x?token=pl4nted"}}, None)
    old, new = ({"status": 200, "body": {"value": {"password": f"pl4nted {side}"}}} for side in "ab")
    differing = ComparedStep(step, old, new, tuple(compared(old, new)))
    responses = Replayed(played=1, differing=(differing,))
    rehearsal = rehearsed(None)
    plain = json.dumps(as_json(rehearsal, responses))
    shown = [text(rehearsal, responses, harmless=True), markdown(rehearsal, responses, harmless=True), plain]
    assert ["/body/value/password" in each for each in shown] == [True] * 3
    assert [each for each in shown if "pl4nted" in each] == []


def test_answer_in_base64_is_read(har: Callable[..., Path]) -> None:
    coded = entry("GET", f"{BASE}/overview")
    coded["response"]["content"] = {"text": base64.b64encode(b'{"works": "1"}').decode(), "encoding": "base64"}
    assert read_log(har(coded)).requests[0].response == {"works": "1"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "log.entries is missing"),
        ('{"log": {}}', "log.entries is missing"),
        ('{"log": {"entries": {}}}', "not a list"),
        ('{"log": {"entries": [{"request": {"url": "x"}}]}}', "entry 1 is not a valid HAR entry: `method` is missing$"),
        ('{"log": {"entries": [5]}}', "entry 1 is not a valid HAR entry: a member has another type$"),
        ("nothing of the kind", "neither a HAR file nor an access log"),
        ("", "neither a HAR file nor an access log"),
    ],
)
def test_file_that_is_no_log_is_refused_in_a_sentence(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BrokenLog, match=problem):
        read_log(path)


def test_file_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="none can't be read: No such file"):
        read_log(tmp_path / "none")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnusableFile, match="binary can't be read: it is not UTF-8"):
        read_log(binary)


def test_response_that_has_lost_nothing_breaks_no_request() -> None:
    """A client with types of the contract may break, but this one got the same members as before."""
    old, new = load("2.3.12"), load("3.0.0")
    seen = LoggedRequest("GET", "/job-info/733584788375666689", status=200, response={"jobId": "1", "jobDag": {}})
    rehearsal = rehearse(old, new, overlays(), RequestLog("a log", [seen]))

    name, member = "GET /job-info/{jobId}", ("jobDag", "envOptions")
    kept, elsewhere, lost, refused = (
        rehearsal.played({name: found}) for found in (set(), {("metrics", "TableSinkWriteCount")}, {member}, {()})
    )

    assert rehearsal.breaks
    assert not kept.breaks
    assert elsewhere == kept == lost
    assert [row.id for row in refused.of(Severity.ERROR)] == [row.id for row in rehearsal.of(Severity.ERROR)]
    assert rehearsal.played({}) == rehearsal


def test_lost_member_breaks_a_client_whose_source_names_it(tmp_path: Path) -> None:
    (tmp_path / "reads.py").write_text('import json\nprint(info["jobDag"]["envOptions"])\n', encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "envOptions.js").write_text("TableSinkWriteCount", encoding="utf-8")
    (tmp_path / "other.py").write_text('print(info["jobStatus"])\n', encoding="utf-8")
    old, new = load("2.3.12"), load("3.0.0")
    seen = LoggedRequest("GET", "/job-info/733584788375666689", status=200, response={"jobId": "1", "jobDag": {}})
    rehearsal = rehearse(old, new, overlays(), RequestLog("a log", [seen]))
    lost = {"GET /job-info/{jobId}": {("jobDag", "envOptions"), ("metrics", "TableSinkWriteCount")}}

    reads = rehearsal.played(lost, ClientSource((tmp_path,)))
    does_not = rehearsal.played(lost, ClientSource((tmp_path / "other.py",)))

    assert [(row.id, row.read_at) for row in reads.of(Severity.ERROR)] == [
        ("response-property-became-optional", ("reads.py:2",))
    ]
    assert "read by reads.py:2" in text(reads, None, harmless=False)
    assert (reads.losses, does_not.losses, does_not.breaks) == ((), (), False)


def test_loss_that_no_change_explains_breaks_a_client_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "reads.py").write_text('print(info["metrics"]["TableSinkWriteCount"])\n', encoding="utf-8")
    old, new = load("2.3.13"), load("2.3.9")
    seen = LoggedRequest("GET", "/job-info/733584788375666689", status=200, response={"jobId": "1"})
    rehearsal = rehearse(old, new, overlays(), RequestLog("a log", [seen]))
    lost = {"GET /job-info/{jobId}": {("metrics", "TableSinkWriteCount")}}

    reads = rehearsal.played(lost, ClientSource((tmp_path,)))

    assert not rehearsal.played(lost).breaks
    assert reads.breaks
    shown = text(reads, None, harmless=False)
    assert "    metrics/TableSinkWriteCount, read by reads.py:1\n    line 0: GET /job-info/" in shown
    assert "No longer: " in shown
    assert as_json(reads, None)["losses"][0]["member"] == "metrics/TableSinkWriteCount"


@pytest.mark.parametrize(
    ("pointer", "before", "after", "is_loss"),
    [
        ("/status", 200, 500, True),
        ("/status", 500, 400, False),
        ("/headers/Server", "Jetty", ABSENT, False),
        ("/body/value/finishTime", "2026", ABSENT, True),
        ("/body/value/jobDag", {}, "", True),
        ("/body/value/startTime", ABSENT, "2026", False),
        ("/body/value/errorMsg", None, "failed", False),
        ("/body/value/jobName", "a", "b", False),
    ],
)
def test_difference_loses_what_a_client_had_read(pointer: str, before: Any, after: Any, is_loss: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert loses(ExchangeDifference(pointer, before, after)) is is_loss
