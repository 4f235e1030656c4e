"""A request that has been routed to an operation: its query, its path parameter, its body."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from starlette.types import Scope

from seatunnel_openapi.contract import Operation
from seatunnel_server.http.bodies import TEXT_LIMIT, MediaType, TextTooLong
from seatunnel_server.http.queries import Query
from seatunnel_server.http.reading import Reading

T = TypeVar("T")

_LARGE: Final = 2**16
"""Bytes of a body that is read where it is."""
# Bodies are read one after the other: several at once would only hold more memory and share one interpreter.
_READER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")


class RoutedOperation(Protocol):
    """An operation, as far as routing and reading its requests need it."""

    @property
    def operation(self) -> Operation:
        """The operation in the contract."""
        ...

    @property
    def reading(self) -> Reading:
        """How its requests are read."""
        ...

    @property
    def takes_body(self) -> bool:
        """Whether a request has a body that is read."""
        ...

    def request(self, scope: Scope, loop: AbstractEventLoop, path_value: str) -> RoutedRequest[Any]:
        """Return a request to this operation."""
        ...


E = TypeVar("E", bound=RoutedOperation)


@dataclass(slots=True, eq=False)
class RoutedRequest(Generic[E]):
    """One request to one operation.

    `path_value` is what stands in the path for the operation's parameter: decoded, except where the handler reads
    the raw path. `content` is the request body's bytes, `media_type` their content type.
    """

    endpoint: E
    scope: Scope
    loop: AbstractEventLoop
    path_value: str = ""
    content: bytes = b""
    media_type: MediaType = field(default_factory=MediaType)
    _query: Query | None = None

    @property
    def query(self) -> Query:
        """The query parameters. Raises `BrokenQuery` when they are first read."""
        if self._query is None:
            self._query = Query(self.scope["query_string"])
        return self._query

    async def read(self, read: Callable[[], T]) -> T:
        """Return what `read` makes of the request body; a large one is read in a thread, while others are answered."""
        if len(self.content) <= _LARGE:
            return read()
        return await asyncio.get_running_loop().run_in_executor(_READER, read)

    def text(self) -> str:
        """Return the request body as text, its line breaks kept. Raises `UnknownCharset` and `TextTooLong`."""
        if len(self.content) > TEXT_LIMIT:
            raise TextTooLong
        return self.content.decode(self.media_type.codec(), "replace")


# A context variable is no state of an app: each request runs in a context of its own.
_REQUEST: ContextVar[RoutedRequest[Any]] = ContextVar("seatunnel_request")


def current_request() -> RoutedRequest[Any]:
    """Return the request that is being answered. Raises `LookupError` outside of one."""
    return _REQUEST.get()


def enter(request: RoutedRequest[Any]) -> None:
    """Make `request` the current one, for the rest of this task's context."""
    _REQUEST.set(request)
