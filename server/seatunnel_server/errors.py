"""Errors outside the engine.

    ServerError                 the server can't start, or not a node of it; `serve` turns each leaf into a line and an
    │                           exit code
    ├── BadConfiguration
    ├── PortTaken
    ├── FrameworkMissing
    ├── NoCredentials           credentials are configured for a release without authentication
    ├── NoSuchNode
    ├── LastNode
    ├── ClusterNotIdentified    the gateway doesn't know the release of the cluster
    └── UnfitContract           the server can't serve the contract
        ├── HandlerMissing
        ├── HandlerSignature
        ├── ResponseMissing
        ├── MemberUnknown
        └── SchemaBroken

    RequestError                a request is refused before an operation sees it
    ├── MalformedPath
    ├── UnknownPath
    │   └── OutsideContext
    ├── ContainerRefusal
    ├── ServletRefusal
    ├── UnsupportedMethod
    ├── BodyTooLarge
    ├── TooManyBodies
    ├── BodyTooSlow
    └── UnsupportedContentType

    Unimplemented               the operation is not implemented
    ClusterError                the cluster behind the gateway did not answer a request
    ├── ClusterUnavailable
    ├── ClusterTimedOut
    ├── ClusterResponseInvalid
    ├── ChangeForbidden         the gateway is read-only
    └── OperationForbidden      the gateway does not allow the operation
    ContractViolation           the server's response would violate the contract

`seatunnel_server.http.error_responses` has the table of their responses.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus


class ServerError(Exception):
    """The server, or a node of it, can't start or stop. The text is one line that a user can act on."""


class BadConfiguration(ServerError):
    """`seatunnel.yaml` can't be read or obeyed."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


class NoSuchNode(ServerError):
    """The cluster has no node of this number."""

    def __init__(self, number: int, count: int) -> None:
        nodes = "only node 1" if count == 1 else f"the nodes 1 to {count}"
        super().__init__(f"There is no node {number}, the cluster has {nodes}.")
        self.number = number
        self.count = count


class LastNode(ServerError):
    """The only node that runs was to be stopped."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Node {number} can't be stopped: at least one node of a cluster has to run.")
        self.number = number


class ClusterNotIdentified(ServerError):
    """The release of the cluster behind the gateway is not known."""


class PortTaken(ServerError):
    """No port could be had."""

    def __init__(self, host: str, first: int, last: int, reason: str) -> None:
        ports = f"port {first}" if first == last else f"any port from {first} to {last}"
        super().__init__(f"Can't listen on {ports} of {host}: {reason}.")
        self.host = host
        self.first = first
        self.last = last


class FrameworkMissing(ServerError):
    """The framework that is to run the handlers is not installed."""

    def __init__(self, framework: str) -> None:
        super().__init__(f"{framework} is not installed; `pip install seatunnel-v2[{framework}]` brings it.")
        self.framework = framework


class NoCredentials(ServerError):
    """Credentials are configured, and the release has no authentication."""

    def __init__(self, release: str) -> None:
        super().__init__(f"{release} does not support credentials; later releases do.")
        self.release = release


class UnfitContract(ServerError):
    """The contract and this server don't fit together."""


class HandlerMissing(UnfitContract):
    """No handler has the name of an operation."""

    def __init__(self, operation_id: str, controller: str) -> None:
        super().__init__(f"The operation {operation_id} has no handler {controller}.{operation_id}.")
        self.operation_id = operation_id
        self.controller = controller


class HandlerSignature(UnfitContract):
    """A handler does not take the parameters that its operation declares."""

    def __init__(self, operation_id: str, wanted: Iterable[str], found: Iterable[str]) -> None:
        self.wanted, self.found = tuple(wanted), tuple(found)
        super().__init__(
            f"The handler of {operation_id} must be an async function with the keyword-only arguments "
            f"({', '.join(self.wanted)}), not ({', '.join(self.found)})."
        )
        self.operation_id = operation_id


class ResponseMissing(UnfitContract):
    """An operation has no entry in `RESPONSES`."""

    def __init__(self, operation_id: str) -> None:
        super().__init__(
            f"The operation {operation_id} has no entry in RESPONSES of seatunnel_server.api.present. "
            "hint: add one that names the members of its responses."
        )
        self.operation_id = operation_id


class MemberUnknown(UnfitContract):
    """A response schema has a member that the server can't fill."""

    def __init__(self, where: str, member: str) -> None:
        super().__init__(
            f"{where} has a member {member!r} that no table of members fills. "
            "hint: add it to a table in seatunnel_server/api/members.py, diagnosis.py or pending.py."
        )
        self.where = where
        self.member = member


class SchemaBroken(UnfitContract):
    """A schema of the contract does not compile."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"The schema of {where} is not a valid schema: {reason}")
        self.where = where


class Unimplemented(Exception):
    """An operation is not implemented yet: 501, a status that no contract has."""

    def __init__(self, message: str = "This operation is not implemented yet.") -> None:
        super().__init__(message)
        self.message = message


class ClusterError(Exception):
    """The cluster behind the gateway did not answer; `message` is sent to the client. No contract states its status."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClusterUnavailable(ClusterError):
    """No node accepts connections, or the gateway has none free."""


class ClusterTimedOut(ClusterError):
    """A node did not answer in time."""


class ClusterResponseInvalid(ClusterError):
    """A node broke off its response, or sent one that the API does not have."""


class ChangeForbidden(ClusterError):
    """The gateway only reads, and a request would change something."""

    def __init__(self) -> None:
        super().__init__("The gateway is read-only.")


class OperationForbidden(ClusterError):
    """The operation is not one of those that the gateway allows."""

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"The gateway does not allow {operation_id}.")
        self.operation_id = operation_id


class RequestError(Exception):
    """A request is rejected before it reaches an operation; `message` is sent to the client."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MalformedPath(RequestError):
    """The path can't be decoded, or leaves the root."""

    def __init__(self, path: str) -> None:
        super().__init__(f'The path "{path}" is malformed.')
        self.path = path


class UnknownPath(RequestError):
    """No operation has the path."""

    def __init__(self, path: str) -> None:
        super().__init__(f'There is nothing at "{path}".')
        self.path = path


class ContainerRefusal(RequestError):
    """A handler leaves the refusal to the servlet container, which has a page for its status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)


class ServletRefusal(RequestError):
    """A servlet writes an error itself, with `word` as its `status` and without the class of an exception."""

    def __init__(self, status: int, message: str, word: str = "fail") -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)
        self.word = word


class OutsideContext(UnknownPath):
    """The path lies outside of the context path."""


class UnsupportedMethod(RequestError):
    """The path has operations, but not for this method. `allowed` are the methods that it has."""

    def __init__(self, method: str, path: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"HTTP method {method} is not supported by this URL.")
        self.method = method
        self.path = path
        self.allowed = allowed


class BodyTooLarge(RequestError):
    """The request body is longer than the server takes. `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is longer than {limit} bytes.")
        self.limit = limit


class TooManyBodies(RequestError):
    """The bodies of other requests take the room that there is for all. `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The server holds {limit} bytes of request bodies, which is its limit: try again later.")
        self.limit = limit


class BodyTooSlow(RequestError):
    """The request body did not arrive in time. `limit` is in seconds."""

    def __init__(self, limit: float) -> None:
        super().__init__(f"The request body did not arrive within {limit:g} seconds.")
        self.limit = limit


class UnsupportedContentType(RequestError):
    """The body is of a content type that the operation does not take."""

    def __init__(self, name: str, supported: tuple[str, ...]) -> None:
        super().__init__(f'The content type "{name}" is not supported, only {", ".join(supported)}.')
        self.name = name
        self.supported = supported


class ContractViolation(Exception):
    """The server's response would violate the contract; the client gets an error without details."""

    def __init__(self, operation_id: str, problem: str) -> None:
        super().__init__(f"{operation_id}: {problem}")
        self.operation_id = operation_id
        self.problem = problem
        self.message = "The server's answer did not keep the contract and was withheld."
