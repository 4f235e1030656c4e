"""Pages of the documentation that match the contract of a release, and pages that do not."""

from json import dumps
from textwrap import dedent

import pytest

from seatunnel_conformance.documentation import PageLint, filled, items_of
from seatunnel_conformance.documentation.page import DocumentedRequest, commands
from seatunnel_conformance.rehearsal import LoggedRequest
from seatunnel_openapi import load

JOB = {"env": {}, "source": [{"plugin_name": "FakeSource"}], "sink": [{"plugin_name": "Console"}]}
JSON = "-H 'Content-Type: application/json'"


def found(page: str, release: str = "2.3.13", **options) -> list[tuple[int, str, str, str]]:
    lint = PageLint(load(release), **options)
    return [(it.line, it.subject, it.message, it.hint) for it in lint.findings(items_of(dedent(page)))]


def shell(command: str) -> str:
    return f"# A page\n\n```bash\n{command}\n```\n"


def request_of(command: str) -> DocumentedRequest:
    (request,) = commands(command)
    assert isinstance(request, DocumentedRequest)
    return request


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl http://h:8080/overview", ("GET", "/overview", None)),
        ("curl -sS http://<master>:8080/job-info/<job id>", ("GET", "/job-info/{jobid}", None)),
        ('curl -X POST "$URL/stop-job" -d \'{"jobId": "1"}\' | jq .', ("POST", "/stop-job", '{"jobId": "1"}')),
        ("curl -XPOST \\\n  h:8080/stop-job \\\n  --data-raw '{}'\nls", ("POST", "/stop-job", "{}")),
        ("ID=$(curl -s --json '{}' http://h/submit-job)", ("POST", "/submit-job", "{}")),
        ("curl -G http://h/logs -d format=json", ("GET", "/logs?format=json", None)),
        ("curl 'http://h/running-jobs?page=1&rows=2' > out.json", ("GET", "/running-jobs?page=1&rows=2", None)),
        ("curl -I http://h", ("HEAD", "/", None)),
    ],
)
def test_curl_command_is_a_request(command: str, expected: tuple[str, str, str | None]):
    request = request_of(command).request
    assert (request.method, request.url, request.body) == expected


def test_files_forms_and_credentials_of_curl_are_known():
    assert request_of("curl h/submit-job -d @job.json").reads_file
    assert request_of("curl h/submit-job/upload -F config_file=@job.conf").reads_file
    assert request_of("curl -u a:b h/overview").scheme == "basic"
    assert request_of("curl -H 'Authorization: Bearer x' h/overview").scheme == "bearer"
    assert not list(commands("# curl h/overview\necho /usr/bin/curlx"))


@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        ("curl h/cancel-job -X POST", "2.3.13 has no such path", ""),
        ("curl h/finished-job/733584788375093248", "2.3.13 has no such path", "did you mean /finished-jobs/{state}?"),
        ("curl h/stop-job", "2.3.13 has no GET for this path", "use POST"),
        ("curl h/hazelcast/rest/maps/overview", "/hazelcast/rest/maps is the path of the older API", "/overview"),
        ("curl 'h/running-jobs?pages=1'", "the parameter `pages` is ignored", "did you mean `page`?"),
        ("curl 'h/thread-dump?x=1'", "the parameter `x` is ignored", "it has no parameters"),
        ("curl -H 'Authorization: Bearer x' h/overview", "2.3.13 does not know bearer credentials", "it knows basic"),
        ("curl -d '{}' h/submit-job", "curl sends the body as a form", JSON),
        (f"curl -X POST {JSON} h/stop-job", "the request has no body", ""),
        (f"curl {JSON} -d '{{\"jobId\": ' h/stop-job", "the body is not JSON", ""),
        (f'curl {JSON} -d \'{{"jobId": "1",}}\' h/stop-job', "the body is not JSON: trailing comma before `}`", ""),
        (f'curl {JSON} -d \'{{"jobId": "1", "forced": 1}}\' h/stop-job', "the member `forced` is ignored", ""),
        ("curl 'h/overview", "the command can't be read: No closing quotation", ""),
    ],
)
def test_request_that_the_release_does_not_have_is_found(command: str, message: str, hint: str):
    (finding,) = [it for it in found(shell(command)) if message in it[2]]
    assert finding[0] == 4
    assert hint in finding[3]


def test_request_to_another_api_is_ignored_with_its_json():
    json_block = '\n```json\n{"x": 1}\n```\n'
    for url in ("https://api.github.com/repos", "https://u:p@api.github.com:443/cancel-job", "https://example.org"):
        page = "`GET /overview`\n\n" + shell(f"curl -X POST {url}") + "It returns:\n" + json_block
        assert found(page) == []
    hosts = ("localhost", "127.0.0.1:5801", "<master>", "$HOST.example.org", "node.example.org:8080")
    assert all(found(shell(f"curl http://{host}/cancel-job")) for host in hosts)
    assert found(shell("curl 'https://node.example.org/running-jobs?pages=1'"))


def test_json_after_an_unreadable_command_belongs_to_no_request():
    page = "`GET /overview`\n\n" + shell("curl 'h/job-info/1") + '\nIt returns:\n\n```json\n{"x": 1}\n```\n'
    assert [it[1] for it in found(page)] == ["curl"]


def test_path_of_another_release_is_found_with_that_release():
    (finding,) = found("`GET /pending-jobs` lists them.", "2.3.9", others=lambda: [load("2.3.9"), load("2.3.13")])
    assert finding == (1, "GET /pending-jobs", "2.3.9 has no such path", "2.3.13 has it")


GOOD = f"""\
### Stop a job

<details><summary><code>POST</code> <code><b>/stop-job</b></code> <code>(Stops it.)</code></summary>

#### Body

```json
{{"jobId": "733584788375666689", "isStopWithSavePoint": false}}
```

#### Responses

```json
{{"jobId": "733584788375666689"}}
```

If it fails, the response is:

```json
{{"status": "fail", "message": "why"}}
```

</details>

List jobs with `GET /finished-jobs/:state`, filter with `GET /overview?any=tag`:

```sh
curl -s 'http://localhost:8080/seatunnel/running-jobs' | jq .
curl -u "$USER:$PASSWORD" http://localhost:8080/job-info/$JOB_ID
curl {JSON} -d @job.json "http://localhost:8080/submit-job?jobName=x"
```

```json
{{"unrelated": ...}}
```
"""


def test_page_that_is_right_has_no_findings():
    assert found(GOOD) == []


def test_examples_of_bodies_and_responses_are_validated_at_their_lines():
    wrong = GOOD.replace('{"jobId": "733584788375666689"}', '{\n  "jobId": 733584788375666689,\n  "job": 1\n}')
    wrong = wrong.replace('"isStopWithSavePoint": false}', '"isStopWithSavePoint": false,\n "savepoint": 1,}')
    assert [(line, subject, message.partition(": ")[0]) for line, subject, message, _ in found(wrong)] == [
        (9, "request of POST /stop-job", "the block is not JSON"),
        (17, "response of POST /stop-job", "there is no member `job`"),
        (16, "response of POST /stop-job", "`jobId`"),
    ]


def test_trailing_comma_in_a_block_is_named():
    page = 'GET /overview\n\nIt responds with:\n\n```json\n{"workers": "1",\n}\n```\n'
    assert "the block is not JSON: trailing comma before `}`" in {it[2] for it in found(page)}


COUNTS = [
    "totalSlot",
    "unassignedSlot",
    "runningJobs",
    "finishedJobs",
    "failedJobs",
    "cancelledJobs",
    "workers",
    "pendingJobs",
]


@pytest.mark.parametrize(
    ("request_line", "words", "document", "message"),
    [
        ("POST /stop-job", "It takes this body:", {"jobId": "x"}, '`jobId`: expected a job id as text, found "x"'),
        ("POST /stop-job", "It returns:", {"jobId": "x"}, '`jobId`: expected a job id as text, found "x"'),
        (
            "GET /overview",
            "It returns:",
            {"projectVersion": "", "gitCommitAbbrev": "", **dict.fromkeys(COUNTS, "1"), "totalSlot": "x"},
            '`totalSlot`: expected text such as "100", found "x"',
        ),
    ],
)
def test_patterns_are_told_in_words(request_line: str, words: str, document: dict, message: str):
    page = f"{request_line}\n\n{words}\n\n```json\n{dumps(document)}\n```\n"
    messages = [it[2] for it in found(page)]
    assert message in messages
    assert not any("matches" in it for it in messages)


def test_documented_members_of_one_release_are_wrong_in_another():
    page = 'GET /overview\n\nIt responds with:\n\n```json\n{"works": "1"}\n```\n'
    assert "there is no member `works`" in {message for _, _, message, _ in found(page, "2.3.9")}
    assert "there is no member `works`" not in {message for _, _, message, _ in found(page, "documented")}


def test_headings_may_be_chinese():
    page = '### `POST /stop-job`\n\n#### 请求体\n\n```json\n{"job": 1}\n```\n\n#### 响应\n\n```json\n{"job": 1}\n```\n'
    assert {subject for _, subject, _, _ in found(page)} == {"request of POST /stop-job", "response of POST /stop-job"}


def test_jobs_are_checked_and_commands_are_sent():
    sent = []

    def send(request: LoggedRequest) -> tuple[int, str]:
        sent.append(request.url)
        return 404, "not there"

    job = f"curl {JSON} h/submit-job -d '{dumps(JOB)}'"
    page = shell(f"{job}\ncurl -u a:b h/overview\ncurl {JSON} -d @job.json h/submit-job")
    messages = [it[2] for it in found(page, check_job=lambda _: ["no source"], send=send)]
    assert messages == ["no source", "the reference server answers 404: not there"]
    assert sent == ["/submit-job"]


def test_placeholders_are_filled_with_the_id_of_a_job():
    request = LoggedRequest("POST", "/job-info/{jobId}", {}, '{"jobId": "733584788375666689"}')
    assert filled(request, "7") == LoggedRequest("POST", "/job-info/7", {}, '{"jobId": "7"}')
    assert filled(LoggedRequest("GET", "/finished-jobs/{state}?page=1"), "7").url == "/finished-jobs/FINISHED?page=1"


@pytest.mark.parametrize("page", ["", "```json\n" + "[" * 100_000 + "\n```", "```sh\n" + "curl " * 2000 + "\n```"])
def test_odd_page_is_read(page: str):
    found(page)


def test_command_within_a_paragraph_is_compared_too():
    page = "Read the counts:\nwith `curl http://h:8080/overviev`, or\nwith `curl` and\n`curl -X PUT http://h:8080/overview`.\n"
    assert [(line, subject) for line, subject, *_ in found(page)] == [(2, "GET /overviev"), (4, "PUT /overview")]


def test_path_with_a_value_has_a_similar_one():
    (finding,) = PageLint(load("2.3.13")).findings(items_of("`GET /finished-job/FINISHED`"))
    assert finding.hint == "did you mean /finished-jobs/{state}?"
