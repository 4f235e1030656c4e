from collections import Counter

import pytest
from connexion.middleware.abstract import ROUTING_CONTEXT

from seatunnel_server.api.endpoints import current
from seatunnel_server.api.routing import RouteTable, Routing
from seatunnel_server.errors import UnknownPath

pytestmark = pytest.mark.anyio


class Stub:
    """The part of an endpoint that a route table uses."""

    def __init__(self, path, method="GET", *, raw_path=False):
        self.operation = type("Operation", (), {"path": path, "method": method, "id": path})
        self.reading = type("Reading", (), {"raw_path": raw_path})


class Facts(dict):
    def choice(self, name):
        return self[name]


def table(*endpoints, sub_paths="aliases", unsupported="error-json-with-allow"):
    return RouteTable(endpoints, Facts(subPaths=sub_paths, unsupportedMethod=unsupported))


def test_longest_mapped_path_wins():
    routes = table(Stub("/submit-job", "POST"), Stub("/submit-job/upload", "POST"))
    assert routes.match(b"/submit-job/upload").route.path == "/submit-job/upload"
    assert routes.match(b"/submit-job/upload/x").route.path == "/submit-job/upload"
    assert routes.match(b"/submit-job/uploads").route.path == "/submit-job"
    assert routes.match(b"/submit-job").route.path == "/submit-job"


def test_parameter_is_all_that_stands_behind_the_path():
    routes = table(Stub("/jobs/{id}"), Stub("/jobs"))
    assert routes.match(b"/jobs").route.path == "/jobs"
    assert routes.match(b"/jobs/").route.path == "/jobs"
    assert (routes.match(b"/jobs/a/b%20c").route.path, routes.match(b"/jobs/a/b%20c").value) == ("/jobs/_", "a/b c")
    assert routes.match(b"/jobs//a").value == "/a"


def test_method_that_only_the_paths_below_have_gets_an_empty_parameter():
    routes = table(Stub("/loggers"), Stub("/loggers/{name}"), Stub("/loggers/{name}", "DELETE"))
    assert [routes.match(b"/loggers", method).route.path for method in ("GET", "DELETE", "PUT")] == [
        "/loggers",
        "/loggers/_",
        "/loggers",
    ]
    assert "DELETE" in routes.match(b"/loggers").route.allowed


def test_parameter_that_is_read_raw_stays_undecoded():
    routes = table(Stub("/logs/{id}", raw_path=True), Stub("/logs"))
    assert routes.match(b"/logs/%6A;x").value == "%6A;x"
    assert routes.match(b"/logs/.").value == "."
    assert routes.match(b"/logs/").route.path == "/logs"


def test_path_with_nothing_but_a_parameter_has_an_empty_one():
    assert table(Stub("/job-info/{jobId}")).match(b"/job-info").value == ""


def test_fact_decides_whether_longer_paths_are_aliases():
    strict = table(Stub("/overview"), sub_paths="unknown")
    assert strict.match(b"/overview").route.path == "/overview"
    for path in (b"/overview/x", b"/x"):
        with pytest.raises(UnknownPath) as caught:
            strict.match(path)
        assert caught.value.arguments == (path.decode(),)


def test_very_long_paths_are_looked_up_at_once():
    with pytest.raises(UnknownPath):
        table(Stub("/overview")).match(b"/x" * 100_000)


async def test_those_behind_see_the_route_in_place_of_the_request():
    seen, tally = {}, Counter()

    async def framework(scope, *_):
        seen.update(scope)

    facts = Facts(subPaths="aliases", unsupportedMethod="error-json-with-allow", headCharset="kept")
    routing = Routing(framework, table=table(Stub("/jobs/{id}")), facts=facts, context_path="", tally=tally)
    scope = {"type": "http", "method": "HEAD", "path": "/jobs/5", "headers": [], "extensions": {"tls": {}}}
    for requests in (1, 2):
        await routing(scope, None, None)
        assert tally == {"/jobs/{id}": requests}
    assert [seen[key] for key in ("method", "path", "raw_path", "root_path")] == ["GET", "/jobs/_", b"/jobs/_", ""]
    assert seen["extensions"] == {"tls": {}, ROUTING_CONTEXT: {"api_base_path": "", "operation_id": "/jobs/{id}"}}
    assert (current().path_value, current().scope) == ("5", seen)


async def test_path_is_decoded_once_where_the_server_tells_it_raw():
    values = []

    async def framework(*_):
        values.append(current().path_value)

    facts = Facts(subPaths="aliases", unsupportedMethod="error-json-with-allow", headCharset="kept")
    routing = Routing(framework, table=table(Stub("/jobs/{id}")), facts=facts, context_path="", tally=Counter())
    scope = {"type": "http", "method": "GET", "path": "/jobs/%35", "headers": []}
    await routing({**scope, "raw_path": b"/jobs/%2535"}, None, None)
    await routing(scope, None, None)
    assert values == ["%35", "5"]


async def test_context_path_stands_before_every_path(make_api):
    api = make_api(context_path="/seatunnel")
    assert (await api.get("/seatunnel/overview")).status == 200
    assert (await api.get("/seatunnel/job-info/abc")).status == 400
    for method in ("GET", "OPTIONS", "PUT"):
        for path in ("/overview", "/seatunnelx/overview"):
            answer = await api(method, path)
            assert (answer.status, answer.json["message"]) == (404, f'There is nothing at "{path}".')


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"headers": [(b"x", b"y"), (b"host", b"h:1")]}, "http://h:1/seatunnel/"),
        ({"scheme": "https"}, "https://localhost/seatunnel/"),
        ({}, "http://localhost/seatunnel/"),
    ],
)
async def test_bare_context_path_leads_to_the_one_with_a_slash(make_api, changes, location):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/seatunnel", "query_string": b"", "headers": [], **changes}
    await make_api(context_path="/seatunnel").app(scope, None, send)
    assert sent[0]["status"] == 302
    assert (b"location", location.encode()) in sent[0]["headers"]


async def test_log_links_contain_the_context_path(make_api, engine):
    engine.files["a.log"] = ""
    answer = await make_api(context_path="/seatunnel").get("/seatunnel/logs?format=json")
    assert answer.json[0]["logLink"] == "http://localhost:8080/seatunnel/logs/a.log"
