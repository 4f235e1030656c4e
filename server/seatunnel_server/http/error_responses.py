"""The statuses and responses of all errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

import orjson
from starlette.exceptions import HTTPException
from starlette.types import Scope

from seatunnel_openapi.contract import Behaviour
from seatunnel_server import errors
from seatunnel_server.engine.errors import EngineError, EngineFailure, IllegalArgument
from seatunnel_server.http import container
from seatunnel_server.http.replies import Reply

logger = logging.getLogger(__name__)

ERROR_TYPE: Final = "application/json;charset=utf-8"
"""The content type of every error body, recorded on all releases."""

STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = {
    IllegalArgument: HTTPStatus.BAD_REQUEST,
    EngineFailure: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.MalformedPath: HTTPStatus.BAD_REQUEST,
    errors.UnknownPath: HTTPStatus.NOT_FOUND,
    errors.UnsupportedMethod: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.BodyTooSlow: HTTPStatus.BAD_REQUEST,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyBodies: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Unimplemented: HTTPStatus.NOT_IMPLEMENTED,
    errors.ClusterUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ClusterTimedOut: HTTPStatus.GATEWAY_TIMEOUT,
    errors.ClusterResponseInvalid: HTTPStatus.BAD_GATEWAY,
    errors.ChangeForbidden: HTTPStatus.FORBIDDEN,
    errors.OperationForbidden: HTTPStatus.FORBIDDEN,
    errors.ContractViolation: HTTPStatus.INTERNAL_SERVER_ERROR,
    Exception: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of each class of errors; a class that is not in the table has that of its nearest base class."""

_FRAME: Final = "\n\tat javax.servlet.http.HttpServlet.service(HttpServlet.java:790)\n"
"""The stack trace in messages: the only frame that all errors of the engine have."""

_UNEXPECTED: Final = "The server met a condition that it did not expect."


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """The parts of a request on which the response to an error depends."""

    method: str
    url: str
    """The path as it was sent."""
    accept: str | None = None
    http_version: str = "1.1"

    @classmethod
    def of(cls, scope: Scope, accept: str | None, http_version: str = "1.1") -> Self:
        """Return the parts of an ASGI request."""
        path = scope.get("raw_path") or scope["path"].encode()
        return cls(scope["method"], path.decode("latin-1"), accept, http_version)


class ErrorResponses:
    """Turns exceptions into responses, as the facts of the document say."""

    def __init__(self, facts: Behaviour) -> None:
        self._container_404 = facts.choice("unknownPath") == "container-page"
        self._container_405 = facts.choice("unsupportedMethod") == "container-page"
        self._message = facts.choice("errorMessage")

    def to(self, error: Exception, request: RequestInfo) -> Reply:
        """Return the response to a request that failed with `error`."""
        page = self._container_page(error, request)
        if page is not None:
            return page
        match error:
            case errors.UnsupportedMethod():
                return error_reply(status_of(error), error.message, ((b"allow", ", ".join(error.allowed).encode()),))
            case errors.ServletRefusal():
                return error_reply(error.status, error.message, word=error.word)
            case EngineError() | errors.RequestError() | errors.Unimplemented() | errors.ClusterError():
                return error_reply(status_of(error), self._worded(error))
            case HTTPException():  # of connexion, whose problems are subclasses
                return error_reply(HTTPStatus(error.status_code), error.detail)
        # A violation is logged without a stack trace, which would only show where responses are validated.
        shown = None if isinstance(error, errors.ContractViolation) else error
        logger.error("A request to %s failed: %s", request.url, error, exc_info=shown)
        return error_reply(status_of(error), getattr(error, "message", _UNEXPECTED))

    def _worded(self, error: EngineError | errors.RequestError | errors.Unimplemented | errors.ClusterError) -> str:
        """Return the message of an error. For an engine's error, it has class and stack trace if the facts say so."""
        if not isinstance(error, EngineError):
            return error.message
        text = f"{error.message}{_FRAME}" if error.has_stack_trace or self._message == "stack-trace" else error.message
        java_class = error.java_class.rpartition(".")[2] if self._message == "class-and-text" else error.java_class
        return text if self._message == "text" else f"{java_class}: {text}"

    def _container_page(self, error: Exception, request: RequestInfo) -> Reply | None:
        """Return the servlet container's response; None if the facts say that it does not handle this error."""
        if isinstance(error, errors.ContainerRefusal):
            return container.error_page(error.status, error.message, request.url, request.accept)
        if isinstance(error, errors.MalformedPath | errors.UnknownPath) and self._container_404:
            return _container_404(error, request)
        if isinstance(error, errors.UnsupportedMethod) and self._container_405:
            status = HTTPStatus.BAD_REQUEST if request.http_version == "1.0" else HTTPStatus.METHOD_NOT_ALLOWED
            if request.method in {"GET", "POST", "HEAD"}:
                return container.error_page(status, error.message.rstrip("."), request.url, request.accept)
            if request.method in {"PUT", "DELETE", "TRACE"}:
                return Reply(status=status)
            return Reply(status=HTTPStatus.NOT_IMPLEMENTED)
        return None


def error_reply(
    status: HTTPStatus, message: str | None, headers: tuple[tuple[bytes, bytes], ...] = (), *, word: str = "fail"
) -> Reply:
    """Return a response in the format of the contract's schema `Error`."""
    # Lone surrogates, which UTF-8 can't encode, become question marks, as Java writes them.
    body = orjson.dumps(
        {"status": word, "message": message.encode("utf-8", "replace").decode() if message is not None else None}
    )
    return Reply((body,), ERROR_TYPE, status, headers)


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of an error, by its nearest base class in `STATUSES`."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _container_404(error: errors.MalformedPath | errors.UnknownPath, request: RequestInfo) -> Reply:
    """Return the container's response to an unknown or malformed path."""
    match error:
        case errors.OutsideContext() if request.method not in {"GET", "POST", "HEAD"}:
            return Reply(status=HTTPStatus.NOT_FOUND)
        case errors.OutsideContext():
            return container.error_page(HTTPStatus.NOT_FOUND, "Not Found", request.url, request.accept, servlet=None)
        case errors.UnknownPath():
            return container.error_page(HTTPStatus.NOT_FOUND, "Not Found", request.url, request.accept)
        case errors.MalformedPath(arguments=("*",)):
            return container.error_page(HTTPStatus.BAD_REQUEST, "Bad Request", request.url, request.accept)
    return container.bad_message("Ambiguous segment")
