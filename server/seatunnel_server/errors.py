"""Errors outside the engine.

    ServerError                 the server or a node can't start or stop; `serve` prints the message and returns an exit
    │                           code
    ├── BadConfiguration
    │   └── FileNotUsable
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


class TemplateError(Exception):
    """Base of errors with a `message`: the `template`, formatted with the arguments."""

    template = "{}"

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments
        self.message = self.template.format(*arguments)
        super().__init__(self.message)


class ServerError(TemplateError):
    """The server, or a node of it, can't start or stop. The message is a line for the user."""


class BadConfiguration(ServerError):
    """A file, such as `seatunnel.yaml`, can't be read, or has an invalid setting."""

    template = "{}: {}"


class FileNotUsable(BadConfiguration):
    """A file can't be read, or can't be written."""

    template = "{} can't be {}: {}"


class NoSuchNode(ServerError):
    """The cluster has no node of this number."""

    def __init__(self, number: int, count: int) -> None:
        nodes = "only node 1" if count == 1 else f"the nodes 1 to {count}"
        super().__init__(f"There is no node {number}, the cluster has {nodes}.")


class LastNode(ServerError):
    """A request to stop the only running node."""

    template = "Node {} can't be stopped: at least one node of a cluster has to run."


class ClusterNotIdentified(ServerError):
    """The release of the cluster behind the gateway can't be detected."""


class PortTaken(ServerError):
    """The server can't listen on any port."""

    def __init__(self, host: str, first: int, last: int, reason: str) -> None:
        ports = f"port {first}" if first == last else f"any port from {first} to {last}"
        super().__init__(f"Can't listen on {ports} of {host}: {reason}.")


class FrameworkMissing(ServerError):
    """The selected framework, such as Flask, is not installed."""

    template = "{0} is not installed; hint: pip install '.[{0}]'"


class NoCredentials(ServerError):
    """Credentials are configured for a release without authentication."""

    template = "{} does not support credentials; later releases do."


class UnfitContract(ServerError):
    """The server can't serve this contract."""


class HandlerMissing(UnfitContract):
    """An operation has no handler with its name."""

    template = "The operation {0} has no handler {1}.{0}."


class HandlerSignature(UnfitContract):
    """A handler does not have the arguments for its operation's parameters, or is not an async function."""

    def __init__(self, operation_id: str, wanted: Iterable[str], found: Iterable[str]) -> None:
        super().__init__(
            f"The handler of {operation_id} must be an async function with the keyword-only arguments "
            f"({', '.join(wanted)}), not ({', '.join(found)})."
        )


class ResponseMissing(UnfitContract):
    """An operation has no entry in `RESPONSES`."""

    template = (
        "The operation {} has no entry in RESPONSES of seatunnel_server.api.present. "
        "hint: add one that names the members of its responses."
    )


class MemberUnknown(UnfitContract):
    """A response schema has a member that no table of members has."""

    template = (
        "{} has a member {!r} that no table of members fills. "
        "hint: add it to a table in seatunnel_server/api/members.py, diagnosis.py or pending.py."
    )


class SchemaBroken(UnfitContract):
    """A schema of the contract does not compile."""

    template = "The schema of {} is not a valid schema: {}"


class Unimplemented(TemplateError):
    """An operation is not implemented yet: 501, a status that no contract has."""

    def __init__(self, message: str = "This operation is not implemented yet.") -> None:
        super().__init__(message)


class ClusterError(TemplateError):
    """The cluster behind the gateway did not respond as expected; `message` is sent to the client.

    The statuses of these errors are in no contract.
    """


class ClusterUnavailable(ClusterError):
    """No node accepts connections, or all connections of the gateway are in use."""


class ClusterTimedOut(ClusterError):
    """A node did not respond in time."""


class ClusterResponseInvalid(ClusterError):
    """A node sent a response that is incomplete, or not one of the API."""


class ChangeForbidden(ClusterError):
    """The gateway is read-only, and a request would change something."""

    template = "The gateway is read-only."


class OperationForbidden(ClusterError):
    """The operation is not one of those that the gateway allows."""

    template = "The gateway does not allow {}."


class RequestError(TemplateError):
    """A request is rejected before it reaches an operation; `message` is sent to the client."""


class MalformedPath(RequestError):
    """The path can't be decoded, or leaves the root."""

    template = 'The path "{}" is malformed.'


class UnknownPath(RequestError):
    """No operation has the path."""

    template = 'There is nothing at "{}".'


class ContainerRefusal(RequestError):
    """A handler refuses a request with the servlet container's page for a status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)


class ServletRefusal(RequestError):
    """A handler refuses a request. The error's member `status` is `word`, its message has no Java class."""

    def __init__(self, status: int, message: str, word: str = "fail") -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)
        self.word = word


class OutsideContext(UnknownPath):
    """The path does not begin with the context path."""


class UnsupportedMethod(RequestError):
    """The path does not have this method, but only the `allowed` ones."""

    template = "HTTP method {} is not supported by this URL."

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(method)
        self.allowed = allowed


class BodyTooLarge(RequestError):
    """The request body is longer than the server's limit."""

    template = "The request body is longer than {} bytes."


class TooManyBodies(RequestError):
    """The bodies of all open requests together exceed the server's limit."""

    template = "The server holds {} bytes of request bodies, which is its limit: try again later."


class BodyTooSlow(RequestError):
    """The request body did not arrive in time."""

    template = "The request body did not arrive within {:g} seconds."


class UnsupportedContentType(RequestError):
    """The body has a content type that the operation does not accept."""

    def __init__(self, name: str, supported: tuple[str, ...]) -> None:
        super().__init__(f'The content type "{name}" is not supported, only {", ".join(supported)}.')


class ContractViolation(Exception):
    """The server's response would violate the contract; the client gets an error without details."""

    message = "The server's answer did not keep the contract and was withheld."

    def __init__(self, operation_id: str, problem: str) -> None:
        super().__init__(f"{operation_id}: {problem}")
        self.operation_id = operation_id
        self.problem = problem
