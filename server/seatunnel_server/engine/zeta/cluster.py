"""Requests to the nodes of a cluster, and what can go wrong with them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson

from seatunnel_server.engine.zeta.address import ClusterAddress, name_of
from seatunnel_server.engine.zeta.metrics import GatewayMetrics, Metric
from seatunnel_server.engine.zeta.sharing import SharedReads
from seatunnel_server.errors import (
    ChangeForbidden,
    ClusterError,
    ClusterResponseInvalid,
    ClusterTimedOut,
    ClusterUnavailable,
)

_T = TypeVar("_T")
_CONNECT_SECONDS: Final = 2.0
"""What a connection to a node may take, and the wait for a free one, or half of the time for the response."""
_CONNECTIONS: Final = 100
_BODY_LIMIT: Final = 128 * 2**20
"""Longest response in bytes; a longer one is given up."""
_DOWN_SECONDS: Final = 5.0
"""How long a node that failed is asked only after all others."""
_SERVER_ERRORS: Final = 500
_NOT_IN_TARGETS: Final = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of a node."""

    node: str
    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def document(self) -> Any:
        """The body as JSON. Raises `ClusterResponseInvalid`."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise ClusterResponseInvalid(f"The node {self.node} answered {self.status} without valid JSON.") from None

    @property
    def error_message(self) -> str | None:
        """The message of an error of the API; None for any other response."""
        try:
            document = orjson.loads(self.body.decode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            return None
        if not isinstance(document, dict) or "status" not in document or "message" not in document:
            return None
        return str(document["message"])


@dataclass(frozen=True, slots=True)
class ChangeBody:
    """What a change is sent with: a body, or a file of a form."""

    content: bytes = b""
    content_type: str = ""
    file_name: str = ""
    """The name of the file; empty for a body."""

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of httpx."""
        if self.file_name:
            return {"files": {"config_file": (self.file_name, self.content)}}
        headers = {b"content-type": self.content_type.encode("latin-1")} if self.content_type else {}
        return {"content": self.content, "headers": headers}


def with_query(path: str, query: Mapping[str, str] | None) -> str:
    """Return a path with a query behind it."""
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


Answers: TypeAlias = Callable[[Answer], bool]
"""Whether a server error is a response of the API; if not, the node has failed."""


def is_of_the_api(answer: Answer) -> bool:
    """Tell whether an error has the error format of the API."""
    return answer.error_message is not None


class Cluster:
    """The nodes of a cluster. A read is repeated at the next node if one fails; a change is sent once.

    Identical reads share a response, see `SharedReads`; a change ends that for all reads before it.
    """

    def __init__(self, address: ClusterAddress, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.address = address
        self.metrics = GatewayMetrics()
        self._failed: dict[str, float] = {}
        self._shared: SharedReads[Answer] = SharedReads(address.cache_seconds, lambda answer: len(answer.body))
        self._reads = self._client(_CONNECTIONS, transport)
        # A kept connection that the node closes at this moment would leave open whether a change was received.
        self._changes = self._client(0, transport)

    def _client(self, kept: int, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        seconds = self.address.timeout
        soon = min(_CONNECT_SECONDS, seconds / 2)
        return httpx.AsyncClient(
            auth=self.address.credentials,
            timeout=httpx.Timeout(seconds, connect=soon, pool=soon),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=kept),
            headers={"accept-encoding": "identity"},
            trust_env=False,
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._shared.aclose()
        await self._reads.aclose()
        await self._changes.aclose()

    async def read(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Return the response of the first node that has one. Raises the `ClusterError` of the last node."""
        return await self.read_target(with_query(path, query))

    async def read_target(self, target: str, accept: str = "", *, answers: Answers = is_of_the_api) -> Answer:
        """Return the response of the first node to a path with a query. Raises the `ClusterError` of the last node."""

        def ask(url: str) -> Awaitable[Answer]:
            return self.read_at(url, target, accept, answers=answers)

        answer, is_shared = await self._shared.get((target, accept), lambda: self.first(ask))
        if is_shared:
            self.metrics.add(Metric.SHARED)
        return answer

    async def first(self, ask: Callable[[str], Awaitable[_T]]) -> _T:
        """Return what the first node answers that does. Raises the `ClusterError` of the last node."""
        failure: ClusterError | None = None
        for url in self.by_health():
            try:
                return await ask(url)
            except ClusterError as error:
                failure = error
        raise failure or ClusterUnavailable("The cluster has no nodes.")

    async def read_at(self, url: str, target: str, accept: str = "", *, answers: Answers = is_of_the_api) -> Answer:
        """Return the response of one node. Raises `ClusterError`, also for a server error that is none of the API."""
        headers = {"accept": accept} if accept else {}
        try:
            answer = await self._exchange(self._reads, "GET", url, target, headers=headers)
            if answer.status >= _SERVER_ERRORS and not answers(answer):
                raise ClusterResponseInvalid(f"The node {answer.node} answered {answer.status}.")
        except ClusterError:
            self._failed[url] = time.monotonic()
            raise
        self._failed.pop(url, None)
        return answer

    async def change(self, method: str, path: str, body: ChangeBody, *, url: str = "") -> Answer:
        """Return the response to a request that is sent once, to the node `url` or the first that is reached.

        Raises `ChangeForbidden` and `ClusterError`; if the response is lost, its message says that nobody knows
        whether the change was made.
        """
        if self.address.read_only:
            raise ChangeForbidden
        try:
            return await self.send_once(method, path, body, url=url)
        except ClusterUnavailable:
            raise
        except ClusterError as error:
            raise type(error)(f"{error.message} The change may have been made.") from None
        finally:
            self._shared.forget()

    async def send_once(self, method: str, path: str, body: ChangeBody, *, url: str = "") -> Answer:
        """Return the response to a request with a body. Raises the `ClusterError` of the last node that was tried.

        The next node is tried only if one accepts no connection.
        """
        failure: ClusterError | None = None
        for node in [url] if url else self.by_health():
            try:
                return await self._exchange(self._changes, method, node, path, **body.arguments)
            except ClusterUnavailable as error:
                self._failed[node] = time.monotonic()
                failure = error
        raise failure or ClusterUnavailable("The cluster has no nodes.")

    async def _exchange(self, client: httpx.AsyncClient, method: str, url: str, target: str, **options: Any) -> Answer:
        node, started, outcome = name_of(url), time.monotonic(), "broken"
        try:
            async with asyncio.timeout(self.address.timeout):
                answer = await _answer(client, node, _request(client, method, url, target, options))
                outcome = "answered"
                return answer
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol):
            outcome = "unavailable"
            raise ClusterUnavailable(f"The node {node} does not accept connections.") from None
        except httpx.PoolTimeout:
            outcome = "unavailable"
            raise ClusterUnavailable("The gateway has no free connection to the cluster.") from None
        except (TimeoutError, httpx.TimeoutException):
            outcome = "timed-out"
            raise ClusterTimedOut(f"The node {node} did not answer within {self.address.timeout:g} seconds.") from None
        except httpx.HTTPError:
            raise ClusterResponseInvalid(f"The node {node} broke its response off.") from None
        finally:
            self.metrics.add(Metric.ENGINE_REQUESTS, node=node, outcome=outcome)
            self.metrics.add(Metric.ENGINE_SECONDS, time.monotonic() - started, node=node)

    def by_health(self) -> Sequence[str]:
        """Return the nodes in their order; those that failed a moment ago come last."""
        recent = time.monotonic() - _DOWN_SECONDS
        return sorted(self.address.urls, key=lambda url: self._failed.get(url, 0.0) > recent)


def _request(
    client: httpx.AsyncClient, method: str, url: str, target: str, options: Mapping[str, Any]
) -> httpx.Request:
    """Return a request with exactly this target; bytes that can't stand in one are escaped."""
    exact = _NOT_IN_TARGETS.sub(lambda found: quote(found[0]), target)
    raw = (urlsplit(url).path + exact).encode()
    return client.build_request(method, url + exact, extensions={"target": raw}, **options)


async def _answer(client: httpx.AsyncClient, node: str, request: httpx.Request) -> Answer:
    response = await client.send(request, stream=True)
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _BODY_LIMIT:
                raise ClusterResponseInvalid(f"The response of the node {node} is longer than {_BODY_LIMIT} bytes.")
    finally:
        await response.aclose()
    kind = response.headers.get("content-type", "")
    return Answer(node, response.status_code, kind, bytes(body), tuple(response.headers.raw))
