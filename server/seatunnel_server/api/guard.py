"""Connexion's two validating middlewares, with operations that were compiled once at start.

Connexion's own build a validator for every request, skip bodies whose content type has a capital letter, and let
undocumented statuses, empty bodies and text pass. These take their validators from `validator_map` by operation id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatunnel_server.api.endpoints import Endpoint, current
from seatunnel_server.api.validators import ResponseValidator
from seatunnel_server.errors import ContractViolation, Unimplemented
from seatunnel_server.http.error_responses import Answers, Asker
from seatunnel_server.http.replies import messages


class RequestCheck:
    """Refuses a request whose parameters are not what the contract declares."""

    __slots__ = ("_endpoint", "_next")

    def __init__(self, next_app: ASGIApp, endpoint: Endpoint) -> None:
        self._next = next_app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises what `Endpoint.check` raises."""
        self._endpoint.check(current())
        await self._next(scope, receive, send)


class RequestCheckAPI(RoutedAPI[RequestCheck]):
    """The request checks of one API."""

    def __init__(self, *args: Any, validator_map: Mapping[str, Mapping[str, Endpoint]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._validators = validator_map["parameter"]
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> RequestCheck:
        """Return the check of one operation."""
        return RequestCheck(self.next_app, self._validators[operation.operation_id])


class RequestCheckMiddleware(RoutedMiddleware[RequestCheckAPI]):
    """Takes the place of connexion's request validation."""

    api_cls = RequestCheckAPI


class ResponseGuard:
    """Lets an answer out only if the contract has it; turns exceptions into answers first.

    With `validator` None it only does the latter.
    """

    __slots__ = ("_answers", "_next", "_validator")

    def __init__(self, next_app: ASGIApp, validator: ResponseValidator | None, answers: Answers) -> None:
        self._next = next_app
        self._validator = validator
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back. Raises `ContractViolation`."""
        guarded = send if self._validator is None else _Gate(self._validator, send).pass_on
        try:
            await self._next(scope, receive, guarded)
        except (ContractViolation, Unimplemented):
            raise
        except Exception as trouble:  # noqa: BLE001 - whatever a handler raises has an answer in the table
            reply = self._answers.to(trouble, Asker(scope["method"], scope["path"], _accept(scope)))
            await reply.send(guarded)


def _accept(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"accept"), None)


class _Gate:
    """Holds one answer back until it is known to keep the contract."""

    __slots__ = ("_body", "_open", "_send", "_start", "_validator")

    def __init__(self, validator: ResponseValidator, send: Send) -> None:
        self._validator = validator
        self._send = send
        self._start: Message | None = None
        self._body: list[bytes] = []
        self._open = False

    async def pass_on(self, message: Message) -> None:
        """Pass a message on, now or, when it must be looked at first, with the last one. Raises `ContractViolation`."""
        if self._open:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            proof = message.pop("proof", None)
            if current().refusal is None:
                self._open = self._validator.is_proven(message["status"], message["headers"], proof)
            if self._open:
                await self._send(message)
        else:
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._check_and_send()

    async def _check_and_send(self) -> None:
        if self._start is None:
            raise ContractViolation(self._validator.operation_id, "a body without a status")
        body, start = b"".join(self._body), self._start
        problem = self._validator.problem(start["status"], start["headers"], body, refusal=current().refusal)
        if problem is not None:
            raise ContractViolation(self._validator.operation_id, problem)
        await self._send(start)
        for message in messages(body):
            await self._send(message)


class ResponseGuardAPI(RoutedAPI[ResponseGuard]):
    """The guards of one API."""

    def __init__(
        self,
        *args: Any,
        validator_map: Mapping[str, Mapping[str, ResponseValidator]],
        validate_responses: bool,
        answers: Answers,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._validators = validator_map["response"] if validate_responses else {}
        self._answers = answers
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> ResponseGuard:
        """Return the guard of one operation."""
        return ResponseGuard(self.next_app, self._validators.get(operation.operation_id), self._answers)


class ResponseGuardMiddleware(RoutedMiddleware[ResponseGuardAPI]):
    """Takes the place of connexion's response validation, and stands before the request check, not behind it."""

    api_cls = ResponseGuardAPI
