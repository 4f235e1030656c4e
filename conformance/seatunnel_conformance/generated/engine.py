"""Runs the engine of schemathesis with the suite's configuration, and sends its requests through the suite's `Wire`.

Checks of schemathesis that would be false alarms are disabled in `schemathesis.toml`, for single operations and each
with a reason; the command line of schemathesis can use this file. Without the wire, schemathesis would follow
redirects, use netrc and proxies of the environment, and read bodies without a limit. It does not know the credentials,
so its messages can't contain them.
"""

from __future__ import annotations

import ast
import io
import json
import re
import threading
import tomllib
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from hypothesis import currently_in_test_context, reject
from hypothesis.internal import lambda_sources
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from requests.adapters import BaseAdapter
from schemathesis import Config
from schemathesis.engine.context import EngineContext
from schemathesis.engine.core import Engine, EventStream
from schemathesis.engine.run import PhaseName
from schemathesis.schemas import APIOperation
from urllib3 import HTTPHeaderDict, HTTPResponse

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive, ResponseTooLong, TargetUnreachable, forget_frames
from seatunnel_conformance.target.exchange import (
    READING,
    REMEMBERED,
    Request,
    Response,
    is_known_charset,
    is_readable,
    require_readable,
)
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_conformance.target.reads import LongList
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import Contract
from seatunnel_openapi.files import json_or

_STATED: Final = (
    # The offset of a page has 32 bits and can overflow, which a schema can't express.
    ("paging", "unchecked", {"not_a_server_error": {"expected-statuses": ["2xx", "4xx", "500"]}}),
    # DELETE removes an override, not the logger.
    ("unknownLogger", "inherited", {"use_after_free": {"enabled": False}}),
)
"""Settings of checks for the operations with a value of a fact, in addition to `schemathesis.toml`."""

_SEQUENCES: Final = 50
"""The maximum number of sequences of linked requests. Each has up to six requests, and waits for jobs."""


def configuration(contract: Contract, settings: Settings, *, linked: bool) -> Config:
    """Return the configuration of a check. If `linked`, it sends sequences of linked requests, else single requests."""
    data, profile = dict(expectations()), settings.depth
    cases = min(profile.cases, _SEQUENCES) if linked else profile.cases
    phases = ("stateful",) if linked else tuple(name for name in profile.phases if name != "stateful")
    silenced = ("unsupported_method", "allow_header_conformance") if refuses_by_container(contract) else ()
    # Without permission to write, TRACE is the only unsupported method that is tried.
    unusual = {} if settings.may_write else {"unexpected-methods": ["trace"]}
    data |= {
        "seed": settings.seed,
        "base-url": settings.url,
        "workers": 1,  # more workers hit CPython's gh-106905, and are not faster
        "request-timeout": settings.limits.response,
        "max-redirects": 0,
        "output": {"truncation": {"max-recorded-payload-size": REMEMBERED}},
        "continue-on-failure": True,
        "suppress-health-check": ["too_slow"],  # a busy machine is no reason to leave a check out
        "cache": {"enabled": False},  # the cache of an earlier run would make this one irreproducible
        "generation": {**data.get("generation", {}), "max-examples": cases, "database": "none"},
        "phases": {
            # An operation without parameters has no examples, but gets one request.
            "examples": {"enabled": "examples" in phases, "fill-missing": True},
            "coverage": {"enabled": "coverage" in phases, **unusual},
            "fuzzing": {"enabled": "fuzzing" in phases},
            # Invalid requests are tested for single operations; a sequence would end with one.
            "stateful": {
                "enabled": "stateful" in phases,
                "generation": {"mode": "positive"},
                "checks": {"negative_data_rejection": {"enabled": False}},
            },
        },
        "checks": {**data.get("checks", {}), **{name: {"enabled": False} for name in silenced}},
        "operations": [*data.get("operations", ()), *_by_facts(contract)],
    }
    return Config.from_dict(data)


def refuses_by_container(contract: Contract) -> bool:
    """Return whether the servlet container refuses unsupported methods: without `Allow`, and some with 501 or 400."""
    return contract.behaviour.choice("unsupportedMethod") == "container-page"


def _by_facts(contract: Contract) -> Iterator[dict[str, Any]]:
    for fact, value, checks in _STATED:
        for operation in contract.operations:
            if operation.behaviour.get(fact) == value:
                yield {"include-operation-id": operation.id, "checks": checks}


@cache
def expectations() -> Mapping[str, Any]:
    """Return the content of `schemathesis.toml`, which is in the installed package or at the root of a checkout."""
    packaged = Path(__file__).with_name("schemathesis.toml")
    path = packaged if packaged.is_file() else Path(__file__).parents[3] / "schemathesis.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


_PARSING: Final = threading.RLock()
"""The lock for parsing Python, which CPython 3.11 can't do in several threads at the same time (gh-106905)."""

_LOCK: Final = threading.Lock()
_BLOCKS: Final[list[ExitStack]] = []
"""An entry for each active block of `quiet`. Its patches affect all threads, so the last block removes them."""


@contextmanager
def quiet() -> Iterator[None]:
    """Patch hypothesis and hide warnings during the block, which several threads can enter at the same time.

    Hypothesis does not format lambdas: it would parse whole modules for this, which takes a tenth of a run, and the
    suite does not show lambdas. Other parsing is done by one thread at a time. Hypothesis also takes no constants from
    imported modules: with these, the same seed would send other requests in a checkout than in an installed package.
    """
    with _LOCK:
        _BLOCKS.append(_BLOCKS[0] if _BLOCKS else _silence())
    try:
        yield
    finally:
        with _LOCK:
            block = _BLOCKS.pop()
            if not _BLOCKS:
                block.close()


def _silence() -> ExitStack:
    stack, parse = ExitStack(), ast.parse

    def parse_alone(*arguments: Any, **named: Any) -> Any:
        with _PARSING:
            return parse(*arguments, **named)

    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    stack.enter_context(patch.object(lambda_sources, "lambda_description", return_value="lambda"))
    stack.enter_context(patch.object(ast, "parse", parse_alone))
    stack.enter_context(patch.object(providers, "_get_local_constants", return_value=Constants()))
    return stack


LONGEST_EXAMINED: Final = 2**16
"""The maximum size in bytes of a body that generated tests validate whole; larger bodies are shortened."""

_ABRIDGED: Final = ((100, 1_000, 10_000), (20, 200, 1_000), (4, 50, 200))
"""The numbers of list items, object members and characters to keep. If the result is too long, the next row is used."""

_MOST_ABRIDGED: Final = 2**19
"""The maximum size in bytes of a shortened body."""

_MANY_ROWS: Final = re.compile(r"rows=\+*\d{3}")
"""Matches a query for a page with 100 jobs or more."""

_SLOW_PAGES: Final = 8
"""The maximum number of pages of slow lists that are requested for one check."""

_DEEPEST: Final = 200
"""The maximum depth of JSON that schemathesis can validate. It crashes on deeper JSON."""

_SHOWN: Final = 100
"""The number of bytes that schemathesis gets of deeper JSON: a part that is not valid JSON, so the check fails."""

_LEFT_OUT: Final = frozenset({PhaseName.PROBING, PhaseName.SCHEMA_ANALYSIS})

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))

NOT_SENT: Final = (ForeignJob, LongList)
"""The errors of requests that are not sent, because they could affect jobs of others, or slow the engine down."""


class WireAdapter(BaseAdapter):
    """A transport adapter for the library requests that sends through a wire, and raises exceptions of requests."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._pages = 0
        self.is_over = False
        """Whether the run is being stopped, so that all further requests fail."""

    def send(  # noqa: PLR0913, PLR0917 - the signature of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - as above
        timeout: Any = None,
        verify: Any = True,  # noqa: ARG002, FBT002 - as above
        cert: Any = None,  # noqa: ARG002 - as above
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
    ) -> requests.Response:
        """Send one request. If it fails with one of `NOT_SENT`, hypothesis rejects the example."""
        if self.is_over:
            raise requests.ConnectionError("the run is being stopped", request=request)
        try:
            seconds = timeout if isinstance(timeout, int | float) else None
            plain = _plain(request)
            return _response(request, self._known(plain) or self._wire.exchange(plain, seconds=seconds))
        except NOT_SENT:
            if currently_in_test_context():
                reject()
            raise
        except TargetUnreachable as error:
            raise requests.ConnectionError(str(error), request=request) from None
        except Inconclusive as error:
            # Schemathesis keeps the exception, whose frames would keep the body. Of the exceptions that it handles,
            # ChunkedEncodingError is not about the request.
            forget_frames(error)
            raise requests.exceptions.ChunkedEncodingError(str(error), request=request) from None

    def _known(self, request: Request) -> Response | None:
        """Return the response that the run already has for a request for a long list of jobs; None if it must be sent.

        Raises `LongList` for a query that does not select a short page, for which an engine would take seconds.
        """
        path, _, query = request.target.removeprefix(self._wire.context_path).partition("?")
        if request.method not in READING or not self._wire.lists.is_long(path):
            return None
        if "page=" in query and not _MANY_ROWS.search(query) and self._may_page(path):
            return None
        if request.method != "GET" or query:
            raise LongList(path)
        read = self._wire.lists.since(path, 0.0)
        return read.response if read else None

    def _may_page(self, path: str) -> bool:
        """Return whether another page of a long list may be requested. An engine makes the whole list for each page."""
        self._pages += self._wire.lists.is_slow(path)
        return self._pages <= _SLOW_PAGES

    def close(self) -> None:
        """Do nothing: other code still uses the wire."""


class _Read(HTTPResponse):
    """A response body that is already decoded. It is not decoded again when it is read, whatever its headers say."""

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Generator[bytes]:  # noqa: ARG002, FBT001 - the signature of urllib3
        yield from super().stream(amt, decode_content=False)

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:  # noqa: ARG002, FBT001 - as above
        return super().read1(amt, decode_content=False)


def _plain(request: requests.PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    # Schemathesis only sends strings and bytes.
    body = request.body.encode() if isinstance(request.body, str) else cast("bytes | None", request.body)
    headers = {_text(name): _text(value) for name, value in request.headers.items()}
    if request.method == "TRACE":  # must not have content (RFC 9110, 9.3.8); a server may read it as another request
        headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
        body = None
    return Request(request.method or "", f"{parts.scheme}://{parts.netloc}", request.path_url, headers, body)


def _text(part: str | bytes) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else part


def _response(request: requests.PreparedRequest, received: Response) -> requests.Response:
    fields = HTTPHeaderDict()
    for name, value in received.fields:
        fields.add(name, value)
    response = requests.Response()
    response.raw = _Read(
        io.BytesIO(_examined(received.own_body)),
        fields,
        received.status,
        11,
        preload_content=False,
        decode_content=False,
        enforce_content_length=False,
    )
    response.status_code, response.reason = received.status, ""
    response.headers = requests.structures.CaseInsensitiveDict(fields)
    charset = requests.utils.get_encoding_from_headers(response.headers)
    # Without a charset, requests would guess it from the body, which takes seconds.
    response.encoding = charset if charset and is_known_charset(charset) else "utf-8"
    response.url, response.request = request.url or "", request
    response.elapsed = timedelta(seconds=received.seconds)
    return response


def _examined(body: bytes) -> bytes:
    """Return a body as schemathesis gets it: shortened if it is too long or too deep. Raises `ResponseTooLong`."""
    return body[:_SHOWN] if is_readable(body) and _depth(body) > _DEEPEST else abridged(body)


def _depth(body: bytes) -> int:
    """Return the nesting depth of JSON. It can be too high, because brackets in strings are counted, too."""
    brackets = body.translate(None, delete=_NO_BRACKETS)
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


class _Context(EngineContext):
    """The context of schemathesis, with sessions that send through the wire."""

    __slots__ = ("_adapter",)

    def __init__(self, adapter: WireAdapter, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._adapter = adapter

    def get_session(self, *, operation: APIOperation[Any, Any, Any, Any] | None = None) -> requests.Session:
        session = super().get_session(operation=operation)
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._adapter)
        return session


class WiredEngine(Engine):
    """The engine of schemathesis, with all requests sent through a wire.

    Its probes are left out: they use separate sessions, and the contract states their results. Its analysis of the
    schema is left out, too, because it only warns. It does not look for addresses in responses, which only a phase of
    sequences after other phases would request: here, each phase of sequences is alone.
    """

    @contextmanager
    def executed_on(self, wire: Wire) -> Iterator[EventStream]:
        """Start the engine, and yield its events. If the block raises an exception, no more requests are sent."""
        adapter = WireAdapter(wire)
        plan = self._create_execution_plan()
        plan.phases = [phase for phase in plan.phases if phase.is_enabled and phase.name not in _LEFT_OUT]
        context = _Context(adapter, schema=self.schema, stop_event=threading.Event())
        stream = EventStream(plan.execute(context), context.control.stop_event)
        try:
            yield stream
        except BaseException:  # on an interrupt, the engine's threads would continue to send
            adapter.is_over = True
            with wire.down():
                stream.generator.close()
            raise


def abridged(body: bytes) -> bytes:
    """Shorten a body of more than `LONGEST_EXAMINED` bytes for generated tests.

    JSON keeps its structure, with fewer items and members and shorter strings; lists keep their first and last items.
    Raises `ResponseTooLong` if the result is still too long.
    """
    if len(body) <= LONGEST_EXAMINED:
        return body
    if body.lstrip()[:1] not in b'[{"':
        return body[:LONGEST_EXAMINED]
    require_readable(body)
    if (document := json_or(body)) is None:
        return body[:LONGEST_EXAMINED]
    for most in _ABRIDGED:
        shorter = json.dumps(_abridged(document, *most), ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(shorter) <= _MOST_ABRIDGED:
            return shorter
    raise ResponseTooLong(f"the body of {len(body)} bytes is too long for generated tests")


def _abridged(value: Any, items: int, members: int, letters: int) -> Any:
    if isinstance(value, str):
        return value[:letters]
    if isinstance(value, list):
        return [_abridged(item, items, members, letters) for item in _ends(value, items)]
    if isinstance(value, dict):
        kept = islice(value.items(), members)
        return {name[:letters]: _abridged(inner, items, members, letters) for name, inner in kept}
    return value


def _ends(items: list[Any], most: int) -> Iterator[Any]:
    half = most // 2
    return iter(items) if len(items) <= most else chain(items[:half], items[-half:])
