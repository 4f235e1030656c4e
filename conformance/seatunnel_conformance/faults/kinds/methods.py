"""Method faults: OPTIONS, TRACE and HEAD, which every path has."""

from __future__ import annotations

from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import METHOD_NOT_ALLOWED, NOT_FOUND, ProxiedExchange
from seatunnel_conformance.target.routes import routes


@fault("options-is-405", breaks=["http.options"], before=True)
def options_is_405(exchange: ProxiedExchange) -> ProxiedExchange:
    """OPTIONS is answered with 405."""
    return exchange.with_error(METHOD_NOT_ALLOWED) if exchange.method == "OPTIONS" else exchange


@fault("options-names-no-method", breaks=["http.options"])
def options_names_no_method(exchange: ProxiedExchange) -> ProxiedExchange:
    """OPTIONS does not name the methods that a path has."""
    return exchange.with_header("Allow", None) if exchange.method == "OPTIONS" else exchange


@fault("options-has-a-body", breaks=["http.options"])
def options_has_a_body(exchange: ProxiedExchange) -> ProxiedExchange:
    """OPTIONS is answered with an empty object."""
    return exchange.with_body(b"{}") if exchange.method == "OPTIONS" else exchange


@fault("options-of-no-operation-is-404", breaks=["http.options-anywhere"], before=True)
def options_of_no_operation_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """OPTIONS on a path that belongs to no operation is answered with 404."""
    stray = exchange.method == "OPTIONS" and exchange.path not in _paths(exchange)
    return exchange.with_reply(404, {}) if stray else exchange


@fault("put-is-accepted", breaks=["http.unsupported-write"], before=True)
def put_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """PUT on the list of running jobs is answered with 200 and an empty object."""
    return exchange.with_reply(200, {}) if (exchange.method, exchange.path) == ("PUT", "/running-jobs") else exchange


@fault("delete-is-not-found", breaks=["http.unsupported-write"], before=True)
def delete_is_not_found(exchange: ProxiedExchange) -> ProxiedExchange:
    """DELETE of a job is answered with 404."""
    is_of_job = exchange.method == "DELETE" and exchange.path.startswith("/job-info/")
    return exchange.with_error(NOT_FOUND) if is_of_job else exchange


@fault("post-to-nowhere-is-accepted", breaks=["http.unknown-path-write"], before=True)
def post_to_nowhere_is_accepted(exchange: ProxiedExchange) -> ProxiedExchange:
    """POST of a path that belongs to no operation is answered with 200 and an empty object."""
    return exchange.with_reply(200, {}) if exchange.method == "POST" and _is_nowhere(exchange) else exchange


@fault("delete-of-nowhere-is-404", breaks=["http.unknown-path-write"], before=True)
def delete_of_nowhere_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """DELETE of a path that belongs to no operation is answered with 404."""
    return exchange.with_error(NOT_FOUND) if exchange.method == "DELETE" and _is_nowhere(exchange) else exchange


@fault("trace-is-405", breaks=["http.trace"], before=True)
def trace_is_405(exchange: ProxiedExchange) -> ProxiedExchange:
    """TRACE is answered with 405."""
    return exchange.with_error(METHOD_NOT_ALLOWED) if exchange.method == "TRACE" else exchange


@fault("trace-echoes-nothing", breaks=["http.trace"])
def trace_echoes_nothing(exchange: ProxiedExchange) -> ProxiedExchange:
    """TRACE is answered with an empty message."""
    return exchange.with_body(b"") if exchange.method == "TRACE" else exchange


@fault("head-is-405", breaks=["http.head"], before=True)
def head_is_405(exchange: ProxiedExchange) -> ProxiedExchange:
    """HEAD is answered with 405."""
    return exchange.with_error(METHOD_NOT_ALLOWED) if exchange.method == "HEAD" else exchange


@fault("head-has-another-type", breaks=["http.head"])
def head_has_another_type(exchange: ProxiedExchange) -> ProxiedExchange:
    """HEAD is answered with another media type than GET."""
    return exchange.with_header("Content-Type", "application/octet-stream") if exchange.method == "HEAD" else exchange


def _paths(exchange: ProxiedExchange) -> frozenset[str]:
    return frozenset(operation.path for operation in exchange.contract.operations)


def _is_nowhere(exchange: ProxiedExchange) -> bool:
    return not any(pattern.fullmatch(exchange.path) for pattern, _ in routes(exchange.contract))
