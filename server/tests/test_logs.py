"""Log files that no recording has; the replay of `log` and `logs` tests the others."""

import re

import pytest

pytestmark = pytest.mark.anyio

FILES = {"job-12.log": "twelve", "job-3.log": "three", "seatunnel-engine-server.log": "SeaTunnel", "x.out": "out"}


@pytest.fixture
def api(api):
    api.engine.files = dict(FILES)
    return api


def links(answer):
    return re.findall(r'<a href="([^"]*)">([^<]*)</a>', answer.body.decode())


async def test_list_is_html_unless_json_is_asked_for(api):
    for query in ("", "?format=html", "?format=xml", "?format=", "?Format=json", "?format=HTML&format=json"):
        answer = await api.get(f"/logs{query}", headers={"accept": "application/json"})
        assert answer.content_type == "text/html;charset=utf-8"
        assert links(answer)[0] == ("http://localhost:8080/logs/job-12.log", "localhost:8080-job-12.log")
    for query in ("?format=json", "?format=JSON", "?format=json&format=html"):
        answer = await api.get(f"/logs{query}")
        assert answer.content_type == "application/json"
        assert [file["logName"] for file in answer.json] == sorted(FILES)


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("12", ["job-12.log"]),
        ("12/", ["job-12.log"]),
        ("job-", ["job-12.log", "job-3.log"]),
        ("12/x", []),
        ("%6Aob-12", []),
        ("12;a=b", []),
        ("SEATUNNEL", []),
        ("x.out", ["x.out"]),
    ],
)
async def test_filter_is_a_part_of_the_name_as_it_was_sent(api, part, names):
    answer = await api.get(f"/logs/{part}?format=json")
    assert [file["logName"] for file in answer.json] == names


async def test_name_with_the_extension_is_a_file(api):
    for target in (
        "/logs/job-12.log",
        "/logs/job-12.log?format=json",
        "/log/job-12.log",
        "/log/job-12.log/",
        "/log//job-12.log",
    ):
        answer = await api.get(target)
        assert (answer.status, answer.content_type, answer.body) == (200, "text/plain;charset=iso-8859-1", b"twelve")


async def test_file_of_the_node_needs_no_extension(api):
    assert (await api.get("/log/x.out")).body == b"out"


async def test_list_of_the_node_is_html_with_relative_links(api):
    for target in ("/log", "/log/", "/log//", "/log?format=json"):
        answer = await api.get(target)
        assert answer.content_type == "text/html;charset=utf-8"
        assert ("log/job-12.log", "job-12.log") in links(answer)


async def test_names_are_escaped(api):
    api.engine.files = {'"><b>&.log': ""}
    for target in ("/log", "/logs"):
        body = (await api.get(target)).body
        assert b"<b>" not in body
        assert b"&quot;&gt;&lt;b&gt;&amp;.log" in body


async def test_facts_decide_format_and_text_of_links(make_api, contract_with, engine):
    def change(document):
        document["paths"]["/logs"]["get"]["x-behaviour"]["defaultFormat"] = "json"
        document["paths"]["/logs/{jobIdOrFile}"]["get"]["x-behaviour"]["linkText"] = "file"

    engine.files = dict(FILES)
    api = make_api(contract_with(change))
    assert len((await api.get("/logs")).json) == 4
    assert links(await api.get("/logs/12"))[0][1] == "job-12.log"


MANY = {f"job-{number}.log": "" for number in range(10**5, 10**5 + 20_000)}


@pytest.mark.parametrize("target", ["/logs", "/logs?format=json", "/logs/1", "/log"])
async def test_many_log_files_are_listed_without_blocking_the_loop(api, loop_watchdog, target):
    api.engine.files = MANY
    async with loop_watchdog() as watched:
        answer = await api.get(target)
    assert answer.body.count(b"job-119999.log") == 1 + (b"href" in answer.body or b"logLink" in answer.body)
    assert watched.longest < 0.1
