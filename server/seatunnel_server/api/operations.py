"""Connexion's AsyncApp with operations that run their handler at once.

Connexion decorates a handler anew for every request: it inspects its signature, parses parameters, infers a content
type. Handlers of this server take their arguments from the call and return ready bytes, so all that is left is to send
them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from connexion.apps.asynchronous import AsyncApi
from connexion.operations import AbstractOperation
from starlette.types import Receive, Scope, Send

from seatunnel_server.http.replies import Reply


class BoundOperation:
    """One operation: its handler, and nothing in between."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Callable[[], Awaitable[Reply]]) -> None:
        self._answer = answer

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer the current call."""
        reply = await self._answer()
        await reply.send(send)


class BoundApi(AsyncApi):
    """Connexion's async API; the resolver still says which function an operation is bound to."""

    def make_operation(self, operation: AbstractOperation) -> BoundOperation:
        """Return the operation without connexion's decorators."""
        return BoundOperation(operation.function)
