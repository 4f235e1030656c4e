"""Establishes whether a target serves the REST API V2, with a few GET requests before anything else is sent."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, NoReturn
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpcore2

import seatunnel_openapi
from seatunnel_conformance import errors
from seatunnel_conformance.target.connection import Connection, leads_elsewhere, origin
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response, cut
from seatunnel_conformance.target.limits import RequestLimits
from seatunnel_conformance.target.routes import find
from seatunnel_conformance.text.redaction import redact_text, redact_url

_GREETING: Final = 0.5
"""Seconds to wait for the greeting of a server that speaks first, as SSH and SMTP servers do."""

_HANDSHAKE: Final = 1.0
"""The maximum number of seconds for a TLS handshake."""

_LONGEST: Final = 80
"""The maximum number of bytes of a greeting that are read."""


def greeting(host: str, port: int) -> str:
    """Return the first line that a server sends before it gets a request; empty if it sends nothing."""
    try:
        with socket.create_connection((host, port), _GREETING) as connection:
            connection.settimeout(_GREETING)
            received = connection.recv(_LONGEST)
    except OSError:
        return ""
    return received.decode("ascii", "replace").partition("\n")[0].strip()


def speaks_tls(host: str, port: int) -> bool:
    """Return whether a server takes part in a TLS handshake, even with an alert. No certificate is verified."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), _HANDSHAKE) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except (OSError, ValueError):
        return False


_FIRST: Final = "/overview"
"""The path of the first request: every release has it, and it changes nothing."""

_LEGACY: Final = "/hazelcast/rest/maps"
"""The path of the engine's older API, which Hazelcast serves on its own port, 5801 by default."""

_COMMON_PATHS: Final = ("/seatunnel",)
"""Common context paths: the example of the contract's server variable `contextPath`."""

_MOST_PLACES: Final = 6
"""The maximum number of other context paths that are tried."""

_ELSEWHERE: Final = 1.0
"""The maximum number of seconds for a response at another context path."""

_LONGEST_TEXT: Final = 80

_DENIED: Final = frozenset({401, 403, 407})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GATEWAY: Final = frozenset({502, 503, 504})

_DEFAULT_PORT: Final = "the API is on port 8080 by default (`port` in the `http` section of seatunnel.yaml)"
_CHECK_ADDRESS: Final = f"check host and port; {_DEFAULT_PORT}"


def identify(url: str, limits: RequestLimits, connection: Connection) -> Response:
    """Return the response to `GET /overview` of a target that serves the REST API V2. At most twelve GETs are sent.

    Raises `AccessDenied`, `RedirectedElsewhere`, `TargetUnreachable`, `LimitReached`, or `NotTheApi`, which says what
    the target is, and the right address if it was found.
    """
    overview = _overview(url, limits, connection)
    with Target(url, limits=replace(limits, probe=0.0), connection=connection) as target:
        _require_access(target, overview)
        # A servlet also answers requests for paths below its own, so `/overview/overview` gets an overview, too.
        if _LEGACY in target.context_path:
            _refuse_legacy(target)
        path = _before_operation(target.context_path)
        if path is not None and _serves_api(target, path):
            _suggest(target, path, "the address ends with the path of an operation")
        if not _is_overview(overview):
            _require_other_sign(target, overview)
    return overview


def _overview(url: str, limits: RequestLimits, connection: Connection) -> Response:
    """Return the response to `GET /overview`. If there is none, raise the errors of `identify`.

    The first attempt has the time limit of a connection. If it gets no response, but a look-up of a job does, the
    server is only slow, like a cluster with a long history: then the normal time limit applies.
    """
    share = min(_ELSEWHERE, limits.connect / 2)
    # Without a probe: the first request itself shows whether the target responds.
    first = replace(limits, response=min(limits.response, limits.connect - share), probe=0.0)
    with Target(url, limits=first, connection=connection) as target:
        try:
            return target.get(_FIRST)
        except (errors.TargetUnreachable, errors.IncompleteResponse) as error:
            if not _is_late(error) or not _knows_jobs(url, replace(first, response=share), connection):
                _explain_failure(target, error)
    with Target(url, limits=limits, connection=connection) as target:
        return target.get(_FIRST)


def _is_late(error: errors.Inconclusive) -> bool:
    return isinstance(error, errors.IncompleteResponse) and isinstance(error.__cause__, httpcore2.TimeoutException)


def is_reference_server(url: str, limits: RequestLimits, connection: Connection) -> bool:
    """Return whether a target is a reference server of this project with the in-memory engine."""
    with Target(url, limits=replace(limits, response=limits.connect), connection=connection) as target:
        try:
            return _document(target.get("/_reference")).get("engine") == "MemoryEngine"
        except errors.Inconclusive:
            return False


def _is_overview(response: Response) -> bool:
    """Return whether a response is a JSON object with a member that the overview of some release has."""
    document = _document(response) if response.status == HTTPStatus.OK else {}
    for contract in map(seatunnel_openapi.load, seatunnel_openapi.releases()):
        schema = contract.resolve(contract.operation("get_overview").response_schema(HTTPStatus.OK))
        if document.keys() & schema["properties"].keys():
            return True
    return False


def _require_other_sign(target: Target, overview: Response) -> None:
    """Raise `NotTheApi` unless a target without an overview responds to another request like the API.

    A server under development may lack the overview.
    """
    if _is_error(overview) or _knows_jobs(target.url, target.limits, target.connection):
        return
    said = f"GET {_FIRST} returned {_described(overview)}"
    for path in _other_places(target, overview):
        if _serves_api(target, path):
            _suggest(target, path, said)
    if _serves_api(target, _LEGACY):
        _refuse_legacy(target)
    if overview.status == HTTPStatus.BAD_REQUEST and _is_tls_port(target):
        _refuse_plain(target)
    if overview.status in _GATEWAY:
        hint = f"check that the engine behind it is running, or pass the engine's own address; {_DEFAULT_PORT}"
        raise errors.NotTheApi(target.url, f"{said}: a gateway that can't reach its server", hint)
    if overview.status in _REDIRECTS:
        hint = "if it is a login page, pass --basic-auth, --bearer-token-file or --header-file"
        raise errors.NotTheApi(target.url, said, hint)
    raise errors.NotTheApi(target.url, said, f"{_CHECK_ADDRESS}, and below its `context-path` if it has one")


def _knows_jobs(url: str, limits: RequestLimits, connection: Connection) -> bool:
    """Return whether the target responds to a request for an unknown job as the API does. Faster than the overview."""
    quick = replace(limits, response=min(limits.response, _ELSEWHERE), probe=0.0)
    with Target(url, limits=quick, connection=connection) as target:
        try:
            response = target.get("/job-info/{jobId}", jobId=target.own.generate())
        except errors.Inconclusive:
            return False
    return "jobId" in _document(response)


def _is_error(response: Response) -> bool:
    """Return whether a response is an error of the engine; 404, which any path can get, and a gateway's are not."""
    found = _document(response)
    has_form = "message" in found and str(found.get("status")).lower() == "fail"
    return has_form and response.status not in {HTTPStatus.NOT_FOUND, *_GATEWAY}


def _document(response: Response) -> Mapping[str, Any]:
    try:
        return response.members
    except (AssertionError, errors.Inconclusive):
        return {}


def _require_access(target: Target, response: Response) -> None:
    if response.status in _DENIED:
        given = "credentials"
        hint = _credentials_for(response)
        if target.connection.headers():
            given, hint = "other credentials", f"check your credentials, or {hint}"
        raise errors.AccessDenied(target.url, f"GET {_FIRST} returned {response.status}: it wants {given}", hint)
    location = response.header("location") or ""
    elsewhere = leads_elsewhere(target.url + _FIRST, location) if response.status in _REDIRECTS else ""
    if elsewhere:
        shown = response.redactor.text(redact_text(elsewhere.partition("?")[0]))
        raise errors.RedirectedElsewhere(
            target.url, f"GET {_FIRST} redirects to {shown}", f"if the API is there, pass {shown.removesuffix(_FIRST)}"
        )


def _credentials_for(response: Response) -> str:
    """Return a hint that names the options for the kind of credentials that a response requires."""
    if response.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "pass the proxy with its credentials: --proxy http://USER:PASSWORD@HOST:PORT"
    basic = "--basic-auth USER with the password in SEATUNNEL_PASSWORD or --password-file"
    bearer = "--bearer-token-file FILE"
    match (response.header("www-authenticate") or "").partition(" ")[0].lower():
        case "basic":
            return f"pass {basic}"
        case "bearer":
            return f"pass {bearer}"
    return f"pass {basic}, or {bearer}, or --header-file FILE"


def _before_operation(path: str) -> str | None:
    """Return the part of a path before an operation's path at its end; None without an operation's path."""
    if not path:
        return None
    contract = seatunnel_openapi.load(seatunnel_openapi.releases()[-1])
    for place in (match.start() for match in re.finditer("/", path)):
        if any(find(contract, method, path[place:])[0] for method in ("GET", "POST")):
            return path[:place]
    return None


def _described(response: Response) -> str:
    """Return a description of a response: status, kind of body and server."""
    kind = {"": "no content", "text/html": "an HTML page", "application/json": "other JSON"}
    content = kind.get(response.media_type, response.media_type)
    server, location = response.header("server"), response.header("location")
    parts = [f"{response.status} with {content if response.body else 'no content'}"]
    parts += [f"from {server}"] if server else []
    parts += [f"and leads to {location.partition('?')[0]}"] if location else []
    return response.redactor.text(redact_text(cut(" ".join(parts), 3 * _LONGEST_TEXT)))


def _other_places(target: Target, response: Response) -> list[str]:
    """Return other possible context paths of the API, the likely ones first."""
    own = target.context_path
    location = urlsplit(urljoin(target.url + _FIRST, response.header("location") or "")).path
    redirected = [location.removesuffix(_FIRST)] if location.endswith(_FIRST) else []
    segments = own.split("/")
    parents = ["/".join(segments[:count]) for count in range(len(segments) - 1, 0, -1)]
    common = [base + path for base in dict.fromkeys((own, "")) for path in _COMMON_PATHS]
    # The root is tried even if the path has many parents.
    places = dict.fromkeys([*redirected, *common, *parents[-1:], *parents])
    return [place for place in places if place != own][:_MOST_PLACES]


def _serves_api(target: Target, path: str) -> bool:
    """Return whether the API responds below another context path of the target."""
    return _knows_jobs(target.origin + path, target.limits, target.connection)


def _suggest(target: Target, path: str, said: str) -> NoReturn:
    if path.endswith(_LEGACY):
        _refuse_legacy(target)
    right = redact_url(target.origin + path)
    raise errors.NotTheApi(target.url, f"{said}; the API is at {right}", f"pass {right}")


def _refuse_legacy(target: Target) -> NoReturn:
    raise errors.NotTheApi(
        target.url,
        f"it is the engine's older API ({_LEGACY}, REST API V1)",
        "the REST API V2 is on another port, 8080 by default, if seatunnel.yaml has `enable-http: true`",
    )


def _refuse_plain(target: Target) -> NoReturn:
    right = _with_scheme(target.url, "https")
    raise errors.NotTheApi(
        target.url, "the port expects TLS", f"pass {right}, and --ca-file for a certificate of your own"
    )


def _explain_failure(target: Target, error: errors.TargetUnreachable | errors.IncompleteResponse) -> NoReturn:
    """Raise an error that says what a target without an HTTP response is; `error` itself if unknown.

    If the run's time ended the wait, the target may only be slow: `LimitReached` is raised.
    """
    tls = _tls_error(error)
    if "CERTIFICATE_REQUIRED" in tls or "HANDSHAKE_FAILURE" in tls:
        raise errors.AccessDenied(target.url, "it wants a client certificate", "pass --client-cert FILE") from error
    if isinstance(error, errors.TargetUnreachable):
        if tls and "CERTIFICATE_VERIFY_FAILED" not in tls:
            _explain_without_tls(target, error, tls)
        raise error
    if _is_late(error):
        if target.governor.seconds_left <= 0:
            raise target.governor.out_of_time from error
        seconds = f"{target.limits.connect:g} s"
        reason = f"it accepts connections, but sent no complete response to GET {_FIRST} within {seconds}"
        raise errors.NotTheApi(target.url, reason, f"{_CHECK_ADDRESS}; --timeout waits longer") from error
    spoken = _spoken(target)
    if not spoken and _is_tls_port(target):
        _refuse_plain(target)
    if not spoken and _serves_api(target, _LEGACY):
        _refuse_legacy(target)
    raise errors.NotTheApi(target.url, spoken or "it sends no complete HTTP response", _CHECK_ADDRESS) from error


def _tls_error(error: BaseException) -> str:
    """Return the TLS error that caused an error, or an empty string."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError):
            return str(below)
        below = below.__cause__ or below.__context__
    return ""


def _explain_without_tls(target: Target, error: errors.TargetUnreachable, tls: str) -> NoReturn:
    """Raise an error that says what a target without TLS is. Sends a request in plain text, without credentials."""
    plain = _with_scheme(target.url, "http")
    with Target(plain, limits=replace(target.limits, response=_ELSEWHERE)) as without:
        try:
            without.get(_FIRST)
        except errors.Inconclusive:
            raise errors.NotTheApi(target.url, _spoken(target) or tls, _CHECK_ADDRESS) from error
    raise errors.NotTheApi(target.url, "the port speaks HTTP without TLS", f"pass {redact_url(plain)}") from error


def _spoken(target: Target) -> str:
    """Return a description of a server that sends data first; empty if it waits for the client."""
    if target.connection.proxy_for(target.url):
        return ""
    said = target.connection.redactor().text(redact_text(greeting(*origin(target.url)[1:])))
    if said.startswith("SSH-"):
        return f"it is an SSH server ({said})"
    return f'it is no HTTP server, and greets with "{said}"' if said else ""


def _is_tls_port(target: Target) -> bool:
    return (
        target.url.startswith("http:")
        and not target.connection.proxy_for(target.url)
        and speaks_tls(*origin(target.url)[1:])
    )


def _with_scheme(url: str, scheme: str) -> str:
    parts = urlsplit(url)
    # The port that was tried has to be in the address: without a port, another scheme means another port.
    netloc = parts.netloc if parts.port else f"{parts.netloc}:{origin(url)[2]}"
    return urlunsplit(parts._replace(scheme=scheme, netloc=netloc))
