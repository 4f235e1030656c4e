"""The profile `failover`: when a master may be stopped, how it is stopped, and the verdicts afterwards."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.failover import Failover, MasterNotStopped, master_of, run_kill_command
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.options import DEFAULTS, FAILOVER
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import Fault, FaultEffect, all_faults
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load
from seatunnel_v2.reference import ReferenceCluster, reference_cluster

RELEASE = "2.3.13"
URL, FURTHER = "http://one:8080", ("http://two:8080",)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load(RELEASE)


def reasons(contract: Contract, **settings: Any) -> set[str | None]:
    """Return why the checks of a failover are skipped in a run."""
    checks = select(Settings(URL, release=RELEASE, **settings), contract).checks
    return {check.skipped and str(check.skipped) for check in checks if check.id.startswith("failover.")}


PERMITTED = {"nodes": FURTHER, "failover": True, "allow_writes": True}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {**PERMITTED, "profile": "full"},
            "the check needs --profile failover --failover, which stops the master of the cluster",
        ),
        (
            {**PERMITTED, "profile": FAILOVER, "failover": False},
            "the check stops the master of the cluster; --failover permits it",
        ),
        ({**PERMITTED, "profile": FAILOVER, "nodes": ()}, "only one node of the cluster is given; --node adds another"),
        (
            {**PERMITTED, "profile": FAILOVER, "allow_writes": False},
            "the check changes the target; --allow-writes permits it",
        ),
        ({**PERMITTED, "profile": FAILOVER}, None),
        ({"nodes": FURTHER, "reference": True, "failover": True, "profile": FAILOVER}, None),
        (
            {"nodes": FURTHER, "reference": True, "profile": FAILOVER},
            "the check stops the master of the cluster; --failover permits it",
        ),
    ],
)
def test_master_is_stopped_only_with_permission(contract: Contract, settings: Any, reason: str | None) -> None:
    assert reasons(contract, **settings) == {reason}


def test_profile_has_no_other_checks(contract: Contract) -> None:
    checks = select(Settings(URL, release=RELEASE, profile=FAILOVER), contract).checks
    assert {check.id.partition(".")[0] for check in checks} == {"failover"}


def test_checks_of_a_failover_run_one_at_a_time_and_can_be_repeated() -> None:
    given = {**DEFAULTS, "url": URL, "profile": FAILOVER, "failover": True, "kill_command": "ssh master halt"}
    settings = Settings.parse(given.__getitem__)
    assert settings.workers == 1
    line = settings.command("failover.stop")
    assert "--profile failover --failover --kill-command 'ssh master halt'" in line
    served = replace(settings, served=True, nodes=("http://localhost:1",)).command("failover.stop")
    assert served == "seatunnel-v2 conform --serve --release auto --only failover.stop --profile failover"


def test_command_gets_the_master(tmp_path: Path) -> None:
    master = master_of(
        [{"host": "h2", "port": "5801", "isMaster": "false"}, {"host": "h1", "port": "5801", "isMaster": "true"}]
    )
    run_kill_command(f'echo "$SEATUNNEL_MASTER" > {tmp_path}/master', master)
    assert (tmp_path / "master").read_text() == "h1:5801\n"


@pytest.mark.parametrize("host", ["h1", "node-1.example.org", "10.0.0.1", "::1", "[fe80::1]", "seatunnel_master"])
def test_every_form_of_an_address_reaches_the_command(host: str, tmp_path: Path) -> None:
    run_kill_command(f'echo "$SEATUNNEL_MASTER" > {tmp_path}/master', f"{host}:5801")
    assert (tmp_path / "master").read_text() == f"{host}:5801\n"


@pytest.mark.parametrize(
    "master",
    [
        "-oProxyCommand=touch owned:5801",
        "-h:5801",
        "h1;touch owned:5801",
        "$(touch owned):5801",
        "h1\n:5801",
        "h1 h2:5801",
        "h1..h2:5801",
        "h1.-h2:5801",
        "h1:",
        "h1:58x",
        "h1:5801\n",
        "None:None",
        ":5801",
        f"{'h' * 300}:5801",
    ],
)
def test_address_that_is_none_reaches_no_shell(master: str, tmp_path: Path) -> None:
    with pytest.raises(MasterNotStopped, match="no address"):
        run_kill_command(f"touch {tmp_path}/owned", master)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("members", [None, [], [{}], [{"isMaster": "true"}] * 2])
def test_cluster_without_a_single_master_is_left_alone(members: Any) -> None:
    with pytest.raises(MasterNotStopped, match="masters"):
        master_of(members)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo no such host; exit 3", "ended with status 3: no such host"),
        ("exit 3", "ended with status 3: it printed nothing"),
        ("sleep 9", "did not end within 0.1 s"),
    ],
)
def test_command_that_fails_says_so(command: str, said: str) -> None:
    with pytest.raises(MasterNotStopped, match=said):
        run_kill_command(command, "h1:5801", 0.1)


def test_no_second_master_is_stopped_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stops: list[str] = []

    def broken(_: Failover) -> None:
        stops.append("h1:5801")
        raise KeyError("host")

    monkeypatch.setattr(Failover, "_stopped", broken)
    failover = Failover((), Jobs.__new__(Jobs), 1.0)
    for _ in range(2):
        with pytest.raises(KeyError):
            failover.after()
    assert stops == ["h1:5801"]


@pytest.fixture
def cluster() -> Iterator[ReferenceCluster]:
    with reference_cluster(RELEASE, 3) as found:
        yield found


def outcomes(contract: Contract, urls: Sequence[str], stop_master: Callable[[str], None]) -> dict[str, Outcome]:
    """Return the outcomes of all checks of a failover, by id."""
    url, *further = urls
    settings = Settings(
        url, nodes=tuple(further), release=RELEASE, profile=FAILOVER, reference=True, failover=True, wait=5.0
    )
    context = Context.set_up(settings, contract)
    nodes = [node.writing(allowed=True) for node in (context.target, *context.others)]
    context.once(Failover, lambda: Failover(nodes, context.jobs, 2.0, stop_master))
    try:
        return {check.id: run_check(context, check) for check in select(settings, contract).checks}
    finally:
        context.close()


@contextmanager
def second_with(effect: FaultEffect, urls: Sequence[str], contract: Contract) -> Iterator[list[str]]:
    """Put a proxy with a fault before the second node, and yield the addresses, that of the proxy first."""
    with Proxy(urls[1], contract) as proxy:
        proxy.switch(effect)
        yield [proxy.url, urls[0], urls[2]]


@pytest.mark.slow
def test_reference_server_conforms_after_its_master_has_left(cluster: ReferenceCluster, contract: Contract) -> None:
    """The target is the master itself, so the run is cleaned up at another node."""
    stopped: list[str] = []

    def stop(master: str) -> None:
        stopped.append(master)
        run_kill_command(cluster.kill_command, master)

    found = outcomes(contract, cluster.urls, stop)
    assert {
        check_id: (one.verdict, one.reason) for check_id, one in found.items() if one.verdict is not Verdict.PASS
    } == {}
    assert stopped == ["127.0.0.1:5801"]
    with Target(cluster.urls[1]) as target:
        assert target.get("/running-jobs").items == []


@pytest.mark.slow
def test_run_stops_its_jobs_at_another_node_if_its_target_was_the_master(cluster: ReferenceCluster) -> None:
    """The check itself stops no job, and its worker has other clients than the cleanup of the run."""
    url, *further = cluster.urls
    permitted = {"reference": True, "failover": True, "kill_command": cluster.kill_command, "nodes": tuple(further)}
    report = run(Settings(url, release=RELEASE, profile=FAILOVER, only=("failover.next-master",), **permitted))
    assert ([one.verdict for one in report.outcomes], report.footer.leftovers) == ([Verdict.PASS], ())
    with Target(further[0]) as target:
        assert target.get("/running-jobs").items == []


@pytest.mark.slow
@pytest.mark.parametrize("one", [one for one in all_faults() if one.kind == FAILOVER], ids=lambda one: one.id)
def test_checks_of_a_failover_fail_on_the_fault_of_a_node(
    one: Fault, cluster: ReferenceCluster, contract: Contract
) -> None:
    with second_with(one.make(), cluster.urls, contract) as nodes:
        found = outcomes(contract, nodes, partial(run_kill_command, cluster.kill_command))
    assert {check_id: found[check_id].verdict for check_id in one.breaks} == dict.fromkeys(one.breaks, Verdict.FAIL)


@pytest.mark.slow
def test_master_that_is_not_stopped_leaves_every_check_without_a_verdict(
    cluster: ReferenceCluster, contract: Contract
) -> None:
    found = outcomes(contract, cluster.urls, lambda _: None)
    assert {one.verdict for one in found.values()} == {Verdict.INCONCLUSIVE}
    assert {one.reason for one in found.values()} == {"the master 127.0.0.1:5801 was still a member after 2 s"}
