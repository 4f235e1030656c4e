"""Sends requests to the nodes of a cluster, with failover to the next node, and identifies the cluster's release."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final, Self, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import orjson

from seatunnel_openapi import overlays
from seatunnel_server.engine.zeta.address import ClusterAddress, name_of
from seatunnel_server.engine.zeta.metrics import GatewayMetrics, Metric
from seatunnel_server.engine.zeta.sharing import SharedReads
from seatunnel_server.engine.zeta.wire import (
    BrokenOff,
    EngineRequest,
    EngineWire,
    NoConnectionFree,
    NotConnected,
    SocketWire,
    TooLong,
    excess_of,
)
from seatunnel_server.errors import (
    ChangeForbidden,
    ClusterError,
    ClusterNotIdentified,
    ClusterResponseInvalid,
    ClusterTimedOut,
    ClusterUnavailable,
)

logger = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 5.0
"""The least seconds between two log lines about a node that fails to respond only now and then."""
_VERSION: Final = re.compile(r"[\w.+-]{1,60}", re.ASCII)


class HealthLog:
    """Logs that a node stops or starts to respond, or reports another version. It does not log each request."""

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._logged: dict[str, float] = {}
        self._versions: list[str] = []
        """The versions that nodes have reported, each once."""

    def failed(self, node: str, reason: str) -> None:
        """Log that a node does not respond, unless that was logged before."""
        now = time.monotonic()
        if node not in self._silent and now - self._logged.get(node, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            self._silent.add(node)
            self._logged[node] = now
            logger.warning("The node %s does not respond: %s.", node, reason)

    def responded(self, node: str) -> None:
        """Log that a node responds again."""
        if node in self._silent:
            self._silent.remove(node)
            logger.warning("The node %s responds again.", node)

    def reported(self, node: str, overview: bytes) -> None:
        """Log the version in an overview if it is new, but not the first one. Ignore an invalid overview."""
        try:
            version = "" if excess_of(overview) else orjson.loads(overview)["projectVersion"]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return
        if not isinstance(version, str) or not _VERSION.fullmatch(version) or version in self._versions:
            return
        self._versions.append(version)
        if len(self._versions) > 1:
            logger.warning(
                "The node %s reports the version %s, and the cluster's version was %s. The gateway goes on with the "
                "release that it started with; hint: restart the gateway",
                *(node, version, self._versions[0]),
            )


_T = TypeVar("_T")
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
_PAUSE_SECONDS: Final = 5.0
"""Seconds between two requests that find out whether a failed node responds again."""
_GOOD_RESPONSES: Final = 3
"""How many of these requests must succeed in a row: a node that starts is at first a separate cluster."""
_SERVER_ERRORS: Final = 500
_PROXY_ERRORS: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_NOT_IN_TARGETS: Final = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class NodeResponse:
    """The response of a node; the names of headers are in lower case."""

    node: str
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def content_type(self) -> str:
        """The content type; empty if it has none."""
        return next((value.decode("latin-1") for name, value in self.headers if name == b"content-type"), "")

    @property
    def described(self) -> str:
        """The node and its status, as the beginning of a message."""
        proxy = ": a gateway that can't reach its server" if self.status in _PROXY_ERRORS else ""
        return f"The node {self.node} answered {self.status}{proxy}"

    @property
    def document(self) -> Any:
        """The body as JSON. Raises `ClusterResponseInvalid`."""
        if excess := excess_of(self.body):
            raise ClusterResponseInvalid(f"The response of the node {self.node} {excess}.")
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise ClusterResponseInvalid(f"The node {self.node} answered {self.status} without valid JSON.") from None

    @property
    def error_message(self) -> str | None:
        """The message of an error of the API; None for any other response."""
        if excess_of(self.body):
            return None
        try:
            document = orjson.loads(self.body.decode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            return None
        if not isinstance(document, dict) or "status" not in document or "message" not in document:
            return None
        return str(document["message"])


@dataclass(frozen=True, slots=True)
class ChangeBody:
    """The body and content type of a request that changes something."""

    content: bytes = b""
    content_type: str = ""

    @classmethod
    def of_file(cls, name: str, content: bytes) -> Self:
        """Return a form with a file as `config_file`."""
        boundary = secrets.token_hex(16)
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="config_file"; filename="{name}"\r\n\r\n'
        body = b"".join((head.encode(), content, f"\r\n--{boundary}--\r\n".encode()))
        return cls(body, f"multipart/form-data; boundary={boundary}")


def with_query(path: str, query: Mapping[str, str] | None) -> str:
    """Return a path with a query if there is one."""
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


Answers: TypeAlias = Callable[[NodeResponse], bool]
"""A function that says whether a server error is a response of the API; if not, the node has failed."""


def is_of_the_api(answer: NodeResponse) -> bool:
    """Return whether an error has the error format of the API."""
    return answer.error_message is not None


def most_telling(failures: Sequence[ClusterError]) -> ClusterError:
    """Return the first error that is not `ClusterUnavailable`; the last error if all are."""
    return next((error for error in failures if not isinstance(error, ClusterUnavailable)), failures[-1])


class ClusterClient:
    """A client of a cluster. If a node fails, a read is repeated at the next one; a change is sent once.

    Identical reads share a response, see `SharedReads`; after a change, earlier responses are not used.
    """

    def __init__(self, address: ClusterAddress, *, wire: EngineWire | None = None) -> None:
        """Take the address of the cluster, and, for tests, an object that sends the requests."""
        self.address = address
        self.metrics = GatewayMetrics()
        self._failed: dict[str, asyncio.Future[None]] = {}
        """The URLs of failed nodes, each with the task that waits until the node responds again."""
        self._health = HealthLog()
        self._shared: SharedReads[NodeResponse] = SharedReads(address.cache_seconds, lambda answer: len(answer.body))
        self._wire = wire or SocketWire(address.timeout)
        self._headers = ((b"accept-encoding", b"identity"), *_authorization(address.credentials))

    async def aclose(self) -> None:
        """Close all connections."""
        for waiting in self._failed.values():
            waiting.cancel()
        await self._shared.aclose()
        await self._wire.aclose()

    async def read(self, path: str, query: Mapping[str, str] | None = None) -> NodeResponse:
        """Return the response of the first node that responds. Raises the `most_telling` error."""
        return await self.read_target(with_query(path, query))

    async def read_target(self, target: str, accept: str = "", *, answers: Answers = is_of_the_api) -> NodeResponse:
        """Return the response of the first node that responds to a GET request. Raises the `most_telling` error.

        `target` is a path with a query.
        """

        def ask(url: str) -> Awaitable[NodeResponse]:
            return self.read_at(url, target, accept, answers=answers)

        answer, is_shared = await self._shared.get((target, accept), lambda: self.first(ask))
        if is_shared:
            self.metrics.add(Metric.SHARED)
        return answer

    async def first(self, ask: Callable[[str], Awaitable[_T]]) -> _T:
        """Return the result of `ask` for the first node for which it succeeds. Raises the `most_telling` error."""
        failures: list[ClusterError] = []
        for url in self.by_health():
            try:
                return await ask(url)
            except ClusterError as error:
                failures.append(error)
        raise most_telling(failures)

    async def read_at(
        self, url: str, target: str, accept: str = "", *, answers: Answers = is_of_the_api
    ) -> NodeResponse:
        """Return the response of a node to a GET request.

        Raises `ClusterError`, also for a server error that is not from the API.
        """
        headers = ((b"accept", accept.encode("latin-1")),) if accept else ()
        try:
            answer = await self._exchange(self._request(url, "GET", target, headers))
            if answer.status >= _SERVER_ERRORS and not answers(answer):
                raise ClusterResponseInvalid(f"{answer.described}.")
        except ClusterError:
            self._has_failed(url)
            raise
        return answer

    async def change(self, method: str, path: str, body: ChangeBody, *, url: str = "") -> NodeResponse:
        """Return the response to a request that is sent once, to the node `url` or the first that accepts connections.

        Raises `ChangeForbidden` and `ClusterError`. If the response is lost, the message says that the change may have
        been made.
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

    async def send_once(self, method: str, path: str, body: ChangeBody, *, url: str = "") -> NodeResponse:
        """Return the response to a request with a body. Raises the `ClusterError` of the last tried node.

        The next node is tried only if a node does not accept connections.
        """
        kind = body.content_type.encode("latin-1", "replace")
        headers = ((b"content-type", kind),) if kind else ()
        failure: ClusterError | None = None
        for node in [url] if url else self.by_health():
            try:
                request = self._request(node, method, path, headers)
                return await self._exchange(replace(request, body=body.content, once=True))
            except ClusterError as error:
                self._has_failed(node)
                if not isinstance(error, ClusterUnavailable):
                    raise
                failure = error
        raise failure or ClusterUnavailable("The cluster has no nodes.")

    def _request(self, url: str, method: str, target: str, headers: Headers) -> EngineRequest:
        """Return a request for a target, in which only characters that are not allowed in HTTP are escaped."""
        exact = _NOT_IN_TARGETS.sub(lambda found: quote(found[0]), target)
        return EngineRequest(url, method, exact, (*self._headers, *headers))

    async def _exchange(self, request: EngineRequest) -> NodeResponse:
        node, started, outcome = name_of(request.url), time.monotonic(), "broken"
        try:
            async with asyncio.timeout(self.address.timeout):
                response = await self._wire.send(request)
            outcome = "answered"
            self._health.responded(node)
            if response.status == HTTPStatus.OK and request.target.partition("?")[0] == "/overview":
                self._health.reported(node, response.body)
            return NodeResponse(node, response.status, response.headers, response.body)
        except NotConnected as problem:
            outcome = "unavailable"
            self._health.failed(node, f"it {problem.reason}")
            raise ClusterUnavailable(f"The node {node} {problem.reason}.") from None
        except NoConnectionFree:
            outcome = "unavailable"
            raise ClusterUnavailable("The gateway has no free connection to the cluster.") from None
        except TimeoutError:
            outcome = "timed-out"
            self._health.failed(node, f"no response came within {self.address.timeout:g} seconds")
            raise ClusterTimedOut(f"The node {node} did not answer within {self.address.timeout:g} seconds.") from None
        except TooLong as error:
            raise ClusterResponseInvalid(f"The response of the node {node} {error}.") from None
        except BrokenOff:
            raise ClusterResponseInvalid(f"The node {node} broke its response off.") from None
        finally:
            self.metrics.add(Metric.ENGINE_REQUESTS, node=node, outcome=outcome)
            self.metrics.add(Metric.ENGINE_SECONDS, time.monotonic() - started, node=node)

    def by_health(self) -> Sequence[str]:
        """Return the nodes in their order; those that failed come last, until they respond again."""
        return sorted(self.address.urls, key=self._failed.__contains__)

    def _has_failed(self, url: str) -> None:
        if len(self.address.urls) > 1 and url not in self._failed:
            self._failed[url] = asyncio.ensure_future(self._responds_again(url))

    async def _responds_again(self, url: str) -> None:
        """Wait until a failed node responds with 200 several times in a row."""
        good = 0
        while good < _GOOD_RESPONSES:
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                answer = await self._exchange(self._request(url, "GET", "/overview", ()))
                good = good + 1 if answer.status == HTTPStatus.OK else 0
            except ClusterError:
                good = 0
        del self._failed[url]


def _authorization(credentials: tuple[str, str] | None) -> Headers:
    if credentials is None:
        return ()
    return ((b"authorization", b"Basic " + base64.b64encode(":".join(credentials).encode())),)


async def release_of(cluster: ClusterClient) -> str:
    """Return the release of a cluster by the version in its overview. Raises `ClusterNotIdentified`."""
    try:
        answer = await cluster.read("/overview")
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ClusterResponseInvalid(f"{answer.described}.")
        if answer.status == HTTPStatus.UNAUTHORIZED:
            hint = "pass --engine-user and its password, or others"
            raise ClusterNotIdentified(f"The node {answer.node} answered 401, it wants credentials: {hint}.")
        version = answer.document["projectVersion"]
    except ClusterError as error:
        raise ClusterNotIdentified(f"The cluster can't be identified: {error.message}") from None
    except (KeyError, TypeError):
        raise ClusterNotIdentified(f"The node {answer.node} answers {answer.status} without a version.") from None
    named = [overlay.name for overlay in overlays() if version in overlay.versions]
    if not named:
        raise ClusterNotIdentified(
            f"The cluster says that it is {version}, and there is no contract of that release. "
            "hint: --engine-release selects a similar one"
        )
    if version not in named and len(named) > 1:
        raise ClusterNotIdentified(
            f"The cluster says that it is {version}, which can be {' or '.join(named)}. "
            "hint: --engine-release selects one"
        )
    return version if version in named else named[0]
