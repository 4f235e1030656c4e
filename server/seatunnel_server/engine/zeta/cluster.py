"""Requests to the nodes of a cluster, and what can go wrong with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx
import orjson

from seatunnel_server.engine.zeta.address import ClusterAddress, name_of
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


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of a node."""

    node: str
    status: int
    content_type: str
    body: bytes

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
    """What a change is sent with: a body, or a file of a form; and a query."""

    content: bytes = b""
    content_type: str = ""
    file_name: str = ""
    """The name of the file; empty for a body."""
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of httpx."""
        if self.file_name:
            return {"params": self.query, "files": {"config_file": (self.file_name, self.content)}}
        headers = {"content-type": self.content_type} if self.content_type else {}
        return {"params": self.query, "content": self.content, "headers": headers}


class Cluster:
    """The nodes of a cluster. A read is repeated at the next node if one fails; a change is sent once."""

    def __init__(self, address: ClusterAddress, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.address = address
        self._failed: dict[str, float] = {}
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
        await self._reads.aclose()
        await self._changes.aclose()

    async def read(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Return the response of the first node that has one. Raises the `ClusterError` of the last node."""
        return await self.first(lambda url: self.read_at(url, path, query))

    async def first(self, ask: Callable[[str], Awaitable[_T]]) -> _T:
        """Return what the first node answers that does. Raises the `ClusterError` of the last node."""
        failure: ClusterError | None = None
        for url in self.by_health():
            try:
                return await ask(url)
            except ClusterError as error:
                failure = error
        raise failure or ClusterUnavailable("The cluster has no nodes.")

    async def read_at(self, url: str, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Return the response of one node. Raises `ClusterError`, for a server error outside of the API, too."""
        try:
            answer = await self._exchange(self._reads, url, self._reads.build_request("GET", url + path, params=query))
            if answer.status >= _SERVER_ERRORS and answer.error_message is None:
                raise ClusterResponseInvalid(f"The node {answer.node} answered {answer.status}.")
        except ClusterError:
            self._failed[url] = time.monotonic()
            raise
        self._failed.pop(url, None)
        return answer

    async def change(self, path: str, body: ChangeBody, *, url: str = "") -> Answer:
        """Return the response to a POST that is sent once, to the node `url` or the first that accepts a connection.

        Raises `ChangeForbidden` and `ClusterError`; if the response is lost, its message says that nobody knows
        whether the change was made.
        """
        if self.address.read_only:
            raise ChangeForbidden
        failure: ClusterError | None = None
        for node in [url] if url else self.by_health():
            request = self._changes.build_request("POST", node + path, **body.arguments)
            try:
                return await self._exchange(self._changes, node, request)
            except ClusterUnavailable as error:
                self._failed[node] = time.monotonic()
                failure = error
            except ClusterError as error:
                raise type(error)(f"{error.message} The change may have been made.") from None
        raise failure or ClusterUnavailable("The cluster has no nodes.")

    async def _exchange(self, client: httpx.AsyncClient, url: str, request: httpx.Request) -> Answer:
        node = name_of(url)
        try:
            async with asyncio.timeout(self.address.timeout):
                return await _answer(client, node, request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol):
            raise ClusterUnavailable(f"The node {node} does not accept connections.") from None
        except httpx.PoolTimeout:
            raise ClusterUnavailable("The gateway has no free connection to the cluster.") from None
        except (TimeoutError, httpx.TimeoutException):
            raise ClusterTimedOut(f"The node {node} did not answer within {self.address.timeout:g} seconds.") from None
        except httpx.HTTPError:
            raise ClusterResponseInvalid(f"The node {node} broke its response off.") from None

    def by_health(self) -> Sequence[str]:
        """Return the nodes in their order; those that failed a moment ago come last."""
        recent = time.monotonic() - _DOWN_SECONDS
        return sorted(self.address.urls, key=lambda url: self._failed.get(url, 0.0) > recent)


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
    return Answer(node, response.status_code, response.headers.get("content-type", ""), bytes(body))
