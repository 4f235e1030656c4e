"""Gateways for tests, and clusters with the responses that a test sets."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
from speaking_releases import contract_of

from seatunnel_server import ServerSettings, create_app
from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.engine.zeta.cluster import ClusterClient
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.engine.zeta.wire import BrokenOff, EngineResponse, NotConnected
from seatunnel_server.gateway.layers import Gateway
from seatunnel_server.gateway.rules import GatewayRules

ONE, TWO = "http://one:8080", "http://two:8080"


class Elsewhere(httpx2.ASGITransport):
    """Calls an app in a new context, as if it ran in another process."""

    async def handle_async_request(self, request):
        return await asyncio.create_task(super().handle_async_request(request))


def gateway_app(release, engine, **rules):
    """Return the app of a gateway."""
    gateway = Gateway(engine, GatewayRules(**rules))
    return create_app(contract_of(release), engine.node, settings=ServerSettings(gateway=gateway))


class Scripted:
    """Sends requests to a transport of httpx2, in place of a socket."""

    def __init__(self, transport):
        self._transport = transport

    async def send(self, sent):
        target = {"target": sent.target}
        request = httpx2.Request(
            sent.method, sent.url + sent.target, headers=sent.headers, content=sent.body, extensions=target
        )
        try:
            response = await self._transport.handle_async_request(request)
            content = await response.aread()
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise NotConnected from None
        except httpx2.TimeoutException:
            raise TimeoutError from None
        except httpx2.HTTPError:
            raise BrokenOff from None
        return EngineResponse(
            response.status_code, tuple((name.lower(), value) for name, value in response.headers.raw), content
        )

    async def aclose(self):
        pass


@asynccontextmanager
async def gateway(make, answer, client_release, *, rules=None, **address):
    """Serve a release in front of a cluster, which is an ASGI app or a function of requests."""
    transport = httpx2.MockTransport(answer) if asyncio.iscoroutinefunction(answer) else Elsewhere(answer)
    cluster = ClusterClient(ClusterAddress(**{"urls": (ONE,), **address}), wire=Scripted(transport))
    try:
        engine = await ZetaEngine.connect(cluster, "gateway:8090")
        yield make(gateway_app(client_release, engine, **(rules or {})), engine)
    finally:
        await cluster.aclose()


def streaming(page_job):
    return page_job | {"env": {"job.mode": "streaming"}}


def answers(*outcomes):
    """Return the transport of a cluster that gives these responses and errors in turn, and then the last again."""
    left, asked = list(outcomes), []

    async def answer(request):
        asked.append(f"{request.method} {request.url}")
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, float):
            await asyncio.sleep(outcome)
            return httpx2.Response(200, json={})
        return outcome

    answer.asked = asked
    return answer


def recorded(response):
    """Return the transport of a cluster that gives one response to everything, and keeps the requests."""

    async def answer(request):
        answer.requests.append(request)
        return response

    answer.requests = []
    return answer
