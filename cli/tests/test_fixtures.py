"""The fixtures, used as somebody else's tests would use them."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from seatunnel_conformance.faults.catalogue import UnknownFault
from seatunnel_server.errors import NoSuchNode
from seatunnel_v2.fixtures.server import STATES, FixtureServer, JobRefused, ServerOptions

pytest_plugins = ["pytester"]

FIVE_LINES = Path(__file__).parents[2] / "README.md"


def run(pytester: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(text)
    return pytester.runpytest_subprocess(
        "--disable-plugin-autoload", "-p", "seatunnel_v2.fixtures", "-W", "ignore::DeprecationWarning", *options
    )


@pytest.mark.slow
def test_five_lines_of_the_readme_are_a_test_that_passes(pytester: pytest.Pytester) -> None:
    code = FIVE_LINES.read_text().partition("<!-- fixtures -->\n```python\n")[2].partition("```")[0]

    run(pytester, code).assert_outcomes(passed=1)


@pytest.mark.slow
def test_servers_of_two_tests_share_nothing(pytester: pytest.Pytester) -> None:
    code = """
        import pytest
        @pytest.mark.parametrize("time", [1, 2])
        def test_first_job(time, seatunnel_server):
            assert seatunnel_server.client.get("/finished-jobs").json() == []
            assert seatunnel_server.state_of(seatunnel_server.job("FINISHED")) == "FINISHED"
    """

    run(pytester, code).assert_outcomes(passed=2)


@pytest.mark.slow
def test_marker_that_asks_for_something_unknown_is_an_error_in_one_line(pytester: pytest.Pytester) -> None:
    code = """
        import pytest
        @pytest.mark.seatunnel_server(colour="red")
        def test_red(seatunnel_server): pass
        @pytest.mark.seatunnel_server("2.3.13")
        def test_without_a_name(seatunnel_server): pass
    """

    result = run(pytester, code)

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*@pytest.mark.seatunnel_server has no option 'colour'; known are release, *",
            "*the options of @pytest.mark.seatunnel_server have names, such as release='2.3.10'",
        ]
    )


@pytest.mark.slow
def test_session_that_wants_no_server_imports_none(pytester: pytest.Pytester) -> None:
    code = """
        import sys
        def test_nothing_heavy():
            assert not {"connexion", "schemathesis", "seatunnel_server.app", "seatunnel_conformance"} & set(sys.modules)
    """

    run(pytester, code).assert_outcomes(passed=1)


@pytest.mark.slow
def test_release_comes_from_the_ini_file_and_the_session_server_is_one(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nseatunnel_server_release = 2.3.10")
    code = """
        import pytest
        def test_version(seatunnel_session_server):
            assert "workers" in seatunnel_session_server.client.get("/overview").json()
            assert seatunnel_session_server.job("RUNNING")
        def test_job_of_the_other_test(seatunnel_session_server):
            assert len(seatunnel_session_server.client.get("/running-jobs").json()) == 1
    """

    run(pytester, code).assert_outcomes(passed=2)


@pytest.mark.parametrize("state", STATES)
def test_job_is_had_in_each_state_while_time_is_held(state: str) -> None:
    with FixtureServer(ServerOptions(jobs=(state,)), manual=True) as server:
        assert [server.state_of(job_id) for job_id in server.jobs] == [state]


def test_time_that_is_held_does_not_pass_by_itself() -> None:
    with FixtureServer(ServerOptions(), manual=True) as server:
        job_id = server.submit(jobName="patient")
        before = server.state_of(job_id)
        server.clock.advance(10)

        assert (before in {"FINISHED", None}, server.state_of(job_id)) == (False, "FINISHED")


@pytest.mark.parametrize("seconds", [-100, float("inf"), float("nan")])
def test_clock_does_not_go_backwards(seconds: float) -> None:
    with FixtureServer(ServerOptions(), manual=True) as server, pytest.raises(ValueError, match="can't advance by"):
        server.clock.advance(seconds)


def test_job_that_is_refused_raises_the_message_of_the_server() -> None:
    config = {"env": {}, "source": [{"plugin_name": "NoSuchSource"}], "sink": [{"plugin_name": "Console"}]}
    with FixtureServer(ServerOptions(), manual=True) as server, pytest.raises(JobRefused) as refused:
        server.submit(config)
    assert refused.value.status == 500
    assert "pluginName='NoSuchSource'} not found" in str(refused.value)


def test_parameter_that_does_not_exist_is_answered_with_the_one_that_is_meant() -> None:
    with FixtureServer(ServerOptions(), manual=True) as server:
        with pytest.raises(TypeError, match="submit\\(\\) has no parameter 'jobname'; did you mean jobName\\?"):
            server.submit(jobname="x")
        with pytest.raises(TypeError, match="known are jobId, "):
            server.submit(zzz="x")


def test_clock_of_a_server_whose_time_runs_by_itself_is_refused() -> None:
    with FixtureServer(ServerOptions(), manual=False) as server, pytest.raises(TypeError, match="seatunnel_clock"):
        server.clock  # noqa: B018 - reading it is the test


def test_state_that_no_job_can_be_had_in_is_refused_with_the_list() -> None:
    with (
        pytest.raises(ValueError, match=r"'DOING'.* RUNNING, FINISHED"),
        FixtureServer(ServerOptions(jobs=("DOING",)), manual=True),
    ):
        pass


def test_release_that_is_unknown_names_the_known_ones() -> None:
    with pytest.raises(Exception, match="documented"), FixtureServer(ServerOptions(release="1.0"), manual=True):
        pass


def test_port_and_both_transports_answer_alike() -> None:
    async def over_async_transport(server: FixtureServer) -> str:
        async with httpx2.AsyncClient(base_url=server.url, transport=server.async_transport) as client:
            return (await client.get("/job-info/1")).text

    with FixtureServer(ServerOptions(context_path="/seatunnel"), manual=True) as server:
        answers = {
            httpx2.get(f"{server.url}/job-info/1").text,
            server.client.get("/job-info/1").text,
            asyncio.run(over_async_transport(server)),
        }

    assert answers == {'{"jobId":""}'}
    assert server.url.endswith("/seatunnel")


@pytest.mark.slow
def test_node_leaves_and_comes_back_during_a_test() -> None:
    with FixtureServer(ServerOptions(release="2.3.13", nodes=3, jobs=("RUNNING",)), manual=True) as server:
        node = server.node(1)
        node.stop()
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{node.url}/overview")
        assert server.state_of(server.jobs[0]) == "UNKNOWABLE"
        assert server.wait_for(server.jobs[0], "RUNNING") == "RUNNING"
        assert httpx2.get(f"{server.node(2).url}/overview").json()["workers"] == "2"
        node.start()
        assert httpx2.get(f"{node.url}/overview").json()["workers"] == "3"
        with pytest.raises(NoSuchNode, match="There is no node 4"):
            server.node(4)


def test_cluster_without_nodes_is_refused() -> None:
    with pytest.raises(ValueError, match="a cluster has at least one node, not 0"):
        ServerOptions(nodes=0)


def test_fault_that_nobody_knows_is_refused_with_those_spelled_alike() -> None:
    options = ServerOptions(fault="running-lists-empty")
    with pytest.raises(UnknownFault, match="running-list-is-empty"), FixtureServer(options, manual=True):
        pass


def test_faults_are_switched_on_and_off_by_the_test() -> None:
    with FixtureServer(ServerOptions(faults=True, jobs=("RUNNING",)), manual=True) as server:

        def listed() -> int:
            return len(httpx2.get(f"{server.url}/running-jobs").json())

        assert listed() == 1
        server.faults.start("running-list-is-empty", count=1)
        assert [listed(), listed()] == [0, 1]
        httpx2.put(f"{server.url}/_reference/faults", json={"fault": "running-list-is-empty"})
        assert [one.fault.id for one in server.faults.active] == ["running-list-is-empty"]
        assert listed() == 0
        server.faults.end()
        assert listed() == 1


def test_fault_of_the_marker_can_be_ended() -> None:
    with FixtureServer(ServerOptions(fault="running-list-is-empty", jobs=("RUNNING",)), manual=True) as server:
        assert httpx2.get(f"{server.url}/running-jobs").json() == []
        server.faults.end("running-list-is-empty")
        assert len(httpx2.get(f"{server.url}/running-jobs").json()) == 1


def test_server_without_faults_names_the_option() -> None:
    with (
        FixtureServer(ServerOptions(), manual=True) as server,
        pytest.raises(TypeError, match=r"seatunnel_server\(faults=True\)"),
    ):
        server.faults.end()


def test_server_is_gone_after_its_block() -> None:
    with FixtureServer(ServerOptions(), manual=False) as server:
        url = server.url

    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/overview")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("release", "options"),
    [("2.3.13", {}), ("docs-2024-10", {"engine_release": "docs-2024-10"})],  # of two releases with the same version
)
def test_server_with_an_engine_is_a_gateway_to_it(release, options):
    with FixtureServer(ServerOptions(release=release), manual=False) as cluster:
        options = ServerOptions(release="2.3.9", engine=cluster.url, jobs=("FINISHED",), **options)
        with FixtureServer(options, manual=False) as server:
            (job,) = server.jobs
            assert server.client.get("/finished-jobs").json()[0]["jobId"] == job
        assert cluster.state_of(job) == "FINISHED"


@pytest.mark.parametrize(
    ("options", "manual", "message"),
    [
        ({"engine": "localhost:8080"}, False, "not the URL of a node"),
        ({"engine": ("http://one:8080",), "nodes": 2}, False, "nodes of a real cluster"),
        ({"engine": "http://one:8080"}, True, "can't control the clock"),
    ],
)
def test_options_that_do_not_fit_a_real_cluster_are_errors(options, manual, message):
    with pytest.raises(ValueError, match=message):
        FixtureServer(ServerOptions(**options), manual=manual)
