"""The request that is being answered, as handlers see it."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.types import Scope

from seatunnel_openapi.behaviour import Behaviour
from seatunnel_server.bodies import TEXT_LIMIT, Body, MediaType, TextTooLong
from seatunnel_server.errors import UnsupportedContentType
from seatunnel_server.queries import Query

if TYPE_CHECKING:
    from seatunnel_server.endpoints import Endpoint
    from seatunnel_server.engine.port import Engine
    from seatunnel_server.engine.shade import ShadeRules
    from seatunnel_server.present import Presenter

T = TypeVar("T")

_LARGE: Final = 2**16
"""Bytes of a body that is read where it is."""
# Bodies are read one after the other: several at once would only hold more memory and share one interpreter.
_READER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
# A context variable is no state of an app: each request runs in a context of its own.
_CALL: ContextVar[Call] = ContextVar("seatunnel_call")


@dataclass(slots=True, eq=False)
class Call:
    """One request to one operation.

    `path_value` is what stands in the path for the operation's parameter: decoded, except where the handler reads
    the raw path. `content` is the request body's bytes, `media_type` their content type. `refusal` is why the
    contract's schema refuses the body, once it has been read; a request that is refused must not be answered with
    success.
    """

    endpoint: Endpoint
    scope: Scope
    loop: AbstractEventLoop
    path_value: str = ""
    content: bytes = b""
    media_type: MediaType = field(default_factory=MediaType)
    refusal: str | None = None
    _query: Query | None = None

    @property
    def engine(self) -> Engine:
        """The engine behind the API."""
        return self.endpoint.engine

    @property
    def facts(self) -> Behaviour:
        """The facts of the operation."""
        return self.endpoint.operation.behaviour

    @property
    def present(self) -> Presenter:
        """What turns the engine's values into answers of this operation."""
        return self.endpoint.presenter

    @property
    def shade(self) -> ShadeRules:
        """Which options of a job configuration are encrypted."""
        return self.endpoint.shade

    @property
    def query(self) -> Query:
        """The query parameters. Raises `BrokenQuery` at the first look."""
        if self._query is None:
            self._query = Query(self.scope["query_string"])
        return self._query

    def check_query(self) -> None:
        """Hold the parameters against the contract, for handlers that read the body before. Raises `InvalidNumber`."""
        self.endpoint.check_query(self)

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

    def body(self) -> Body:
        """Read the request body as the engine does, and note whether the contract's schema refuses it.

        Raises what `Body.read` raises, and `UnsupportedContentType` where the contract asks for one.
        """
        accepted = self.endpoint.content_types
        if accepted and self.media_type.name not in accepted:
            raise UnsupportedContentType(self.media_type.name, accepted)
        body = Body.read(self.content, self.media_type)
        schema = self.endpoint.body_schema
        # Blanks are no JSON value, so no schema has a say about them.
        self.refusal = schema.refusal(body.document) if schema is not None and not body.is_blank else None
        return body


def current() -> Call:
    """Return the request that is being answered. Raises `LookupError` outside of one."""
    return _CALL.get()


def enter(call: Call) -> None:
    """Make `call` the current one, for the rest of this task's context."""
    _CALL.set(call)
