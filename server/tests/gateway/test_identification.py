"""The gateway finds out the release of its cluster, and the addresses of the nodes."""

import httpx2
import pytest
from clusters import answers, gateway

from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.errors import ClusterNotIdentified
from seatunnel_server.serving.process import ExitCode, ServeOptions, serve

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "outcome",
    [
        httpx2.ConnectError("refused"),
        httpx2.Response(200, json={"projectVersion": "3.0.0-SNAPSHOT"}),
        httpx2.Response(200, json={"projectVersion": "7"}),
        httpx2.Response(200, json=[]),
    ],
)
async def test_release_that_is_not_known_is_an_error(outcome, api):
    with pytest.raises(ClusterNotIdentified):
        async with gateway(type(api), answers(outcome), "2.3.9"):
            pass


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("body", [{"json": {"status": "fail", "message": "no"}}, {"text": "<html>"}, {}], ids=str)
async def test_upstream_that_is_a_gateway_without_its_server_is_named_so(status, body, api):
    with pytest.raises(ClusterNotIdentified) as raised:
        async with gateway(type(api), answers(httpx2.Response(status, **body)), "2.3.9"):
            pass
    assert str(raised.value) == (
        f"The cluster can't be identified: The node one:8080 answered {status}: a gateway that can't reach its server."
    )


async def test_cluster_that_wants_credentials_is_an_error_with_the_option(api):
    with pytest.raises(ClusterNotIdentified, match=r"pass --engine-user"):
        async with gateway(type(api), answers(httpx2.Response(401, text="<html>")), "2.3.9"):
            pass


@pytest.mark.parametrize("version", ["2.3.9", "2.3.13"])
async def test_release_is_found_by_the_version_of_the_cluster(version, api):
    async with gateway(type(api), answers(httpx2.Response(200, json={"projectVersion": version})), "2.3.9") as bridge:
        assert bridge.engine.contract.release == version


def test_serve_ends_when_the_cluster_can_not_be_identified():
    lines = []
    plan = ServeOptions(port=0, cluster=ClusterAddress(("http://127.0.0.1:1",)))
    assert serve(plan, say=lines.append, print_error=lines.append) == ExitCode.NO_CLUSTER
    assert lines == ["The cluster can't be identified: The node 127.0.0.1:1 does not accept connections."]


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:8080", "ftp://x", "http://", "http://a:secret@x:8080", "http://x:8080?a", "http://a:secret@x?b"),
        *("http://x:ab", "http://x:99999", "http://[::1", "http://ü", "http://a b", "a:secret@x:8080"),
    ],
)
def test_address_of_a_node_is_checked(url):
    with pytest.raises(ValueError, match=r"^(?!.*secret).*node"):
        ClusterAddress((url,))
