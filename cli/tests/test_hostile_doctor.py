"""`doctor`, asked about targets that mean harm: a message each, and no traceback."""

import json
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from throwaway import Handler, listening
from typer.testing import CliRunner

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app

pytestmark = pytest.mark.slow

DEEP: Final = b'{"a":' * 100_000
VALUES: Final[dict[str, Any]] = {
    "null": None,
    "a number": 42,
    "a huge number": 10**400,
    "a list": [[]],
    "an object": {"a": {}},
    "nothing": "",
    "NUL": "\0",
    "a surrogate": "\ud800",
    "an escape": "\x1b[2J\u202e",
    "a long text": "x" * 100_000,
}
LINKS: Final[dict[str, Any]] = {
    **VALUES,
    "a port that is no number": "http://h:99x/logs/a",
    "a port that is too large": "http://h:99999999/logs/a",
    "a negative port": "http://h:-1/logs/a",
    "port 0": "http://h:0/logs/a",
    "no IPv6 address": "http://[zz]/logs/a",
    "an open bracket": "http://[::1/logs/a",
    "NUL in the host": "http://h\0h/logs/a",
    "NUL in the path": "http://127.0.0.1:9/\0",
    "a line break": "http://127.0.0.1:9/a\r\nX: y",
    "another scheme": "file:///etc/passwd",
    "no host": "http:///logs/a",
    "a label that is too long": f"http://{'a' * 70}.example/logs/a",
    "an empty label": "http://a..b/logs/a",
    "a user": "http://ann:pw@127.0.0.1:9/logs/a",
    "an option": "-oProxyCommand=x",
    "letters that decompose": "http://\u2100.example/logs/a",
}
OVERVIEW: Final = {"projectVersion": "2.3.13", "workers": "1"}
MEMBERS: Final = {"host": "h", "port": "5801", "isMaster": "true"}
LOGS, LIST = "/logs", "/system-monitoring-information"
CASES: Final[dict[str, dict[str, Any]]] = {
    **{f"log link: {name}": {LOGS: [{"node": "a", "logName": "a", "logLink": link}]} for name, link in LINKS.items()},
    **{f"logs: {name}": {LOGS: value} for name, value in VALUES.items()},
    **{f"log: {name}": {LOGS: [value]} for name, value in VALUES.items()},
    **{f"members: {name}": {LIST: value} for name, value in VALUES.items()},
    **{f"member: {name}": {LIST: [value]} for name, value in VALUES.items()},
    **{f"masters: {name}": {LIST: [{**MEMBERS, "host": value}] * 2} for name, value in VALUES.items()},
    **{f"version: {name}": {"/overview": {**OVERVIEW, "projectVersion": value}} for name, value in VALUES.items()},
    **{f"overview: {name}": {"/overview": value} for name, value in VALUES.items()},
    **{f"everything: {name}": {"": value} for name, value in VALUES.items()},
    **{f"deep: {path or 'everything'}": {path: DEEP} for path in ("", "/overview", LOGS, LIST)},
    "many links": {LOGS: [{"logLink": f"http://127.0.0.1:9/{at}"} for at in range(20_000)]},
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_hostile_json_leads_to_a_message(case: dict[str, Any]):
    class Hostile(Handler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            known = {"/overview": OVERVIEW, LOGS: [], LIST: [MEMBERS], **case}
            value = known.get(path, case.get("", {"jobId": ""}))
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Hostile) as url:
        done = CliRunner().invoke(app, ["doctor", url])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in {ExitStatus.OK, ExitStatus.UNREACHABLE, ExitStatus.UNDECIDED}
    assert ("writes  " in done.stdout) is (done.exit_code == ExitStatus.OK), done.output
    assert (done.stderr == "") is (done.exit_code == ExitStatus.OK)
    assert "\x1b" not in done.output
    assert max(map(len, done.output.splitlines())) < 400
