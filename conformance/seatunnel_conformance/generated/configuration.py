"""The configuration of schemathesis for one run, and what keeps its libraries quiet.

Its false alarms are disabled in `schemathesis.toml`, by operation and each with a reason. The command line of
schemathesis can use the same file.
"""

from __future__ import annotations

import ast
import threading
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from hypothesis.internal import lambda_sources
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis import Config
from schemathesis.schemas import APIOperation

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.target.exchange import REMEMBERED, Exchange
from seatunnel_conformance.target.routes import label as label_of
from seatunnel_openapi import Contract

_STATED: Final = (
    # The offset of a page has 32 bits and can overflow, which a schema can't express.
    ("paging", "unchecked", {"not_a_server_error": {"expected-statuses": ["2xx", "4xx", "500"]}}),
    # DELETE removes an override, not the logger.
    ("unknownLogger", "inherited", {"use_after_free": {"enabled": False}}),
)
"""Settings of checks in addition to `schemathesis.toml`, by facts of an operation: fact, value, settings."""

_LISTS: Final = frozenset({"POST /submit-jobs", "POST /stop-jobs"})
"""Operations whose body is a list."""

SEQUENCES: Final = 50
"""The most sequences of linked requests. Each has up to six requests, and jobs to wait for."""

_OK: Final = 200
_BAD_REQUEST: Final = 400
_SERVER_ERROR: Final = 500
_NOT_IMPLEMENTED: Final = 501
"""The status of a container for an unknown method, on any path (`http.unsupported-method`)."""


def configuration(contract: Contract, settings: Settings, *, linked: bool) -> Config:
    """Return the configuration for one check: linked sequences, or the phases for one operation."""
    data, profile = dict(expectations()), settings.depth
    cases = min(profile.cases, SEQUENCES) if linked else profile.cases
    phases = ("stateful",) if linked else tuple(name for name in profile.phases if name != "stateful")
    # Without permission to write, the only undefined method to try is TRACE.
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
            # Invalid requests have tests of their own; a sequence would end with one.
            "stateful": {
                "enabled": "stateful" in phases,
                "generation": {"mode": "positive"},
                "checks": {"negative_data_rejection": {"enabled": False}},
            },
        },
        "checks": {**data.get("checks", {}), **_silenced(contract)},
        "operations": [*data.get("operations", ()), *_by_facts(contract)],
    }
    return Config.from_dict(data)


def is_excused(contract: Contract, label: str, exchange: Exchange, after: str = "") -> bool:
    """Return whether a response is correct although schemathesis reports it, and can't be configured otherwise.

    `label` is schemathesis' name of the operation, method and path; `after` is that of the request before it in a
    sequence. There are four cases: the container's response to a method that the path does not have; a 400 without a
    body for a missing log file; the empty list that is the response to an empty or blank body; and the server error for
    a job that was submitted just now, in a release that can't show jobs before they are scheduled.
    """
    sent, got = exchange.request, exchange.response
    if got is None:
        return False
    if _refuses_by_container(contract) and got.status == _NOT_IMPLEMENTED and sent.method != label.partition(" ")[0]:
        return True
    if got.status == _OK and got.body == b"[]" and label in _LISTS:
        return not (sent.body or b"").strip()
    if got.status == _SERVER_ERROR and after.startswith("POST /submit-job"):
        failing = (one for one in contract.operations if one.behaviour.get("waitingJob") == "server-error")
        return label in map(label_of, failing)
    return got.status == _BAD_REQUEST and not got.body and label in _bodiless(contract)


def _bodiless(contract: Contract) -> frozenset[str]:
    clauses = (clause for clause in contract.clauses if clause.id.endswith(".missing-file") and clause.operation_id)
    operations = (contract.operation(clause.operation_id or "") for clause in clauses)
    return frozenset(map(label_of, operations))


def _refuses_by_container(contract: Contract) -> bool:
    """Return whether a servlet container handles wrong methods: no Allow header, and 501 or 400 for unusual ones."""
    return contract.behaviour.choice("unsupportedMethod") == "container-page"


def _silenced(contract: Contract) -> dict[str, Any]:
    checks = ("unsupported_method", "allow_header_conformance") if _refuses_by_container(contract) else ()
    return {check: {"enabled": False} for check in checks}


def _by_facts(contract: Contract) -> Iterator[dict[str, Any]]:
    for fact, value, checks in _STATED:
        for operation in contract.operations:
            if operation.behaviour.get(fact) == value:
                yield {"include-operation-id": operation.id, "checks": checks}


@cache
def expectations() -> Mapping[str, Any]:
    """Return the content of `schemathesis.toml`, from the package or from the root of a checkout."""
    packaged = Path(__file__).with_name("schemathesis.toml")
    path = packaged if packaged.is_file() else Path(__file__).parents[3] / "schemathesis.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


_PARSING: Final = threading.RLock()
"""The lock for making a syntax tree, which CPython 3.11 can't do in several threads at once (gh-106905)."""

_LOCK: Final = threading.Lock()
_BLOCKS: Final[list[ExitStack]] = []
"""The blocks of `quiet` that are active. Warnings belong to the whole process, so the last block restores them."""


@contextmanager
def quiet() -> Iterator[None]:
    """Show no warnings of the libraries in the block, and print no lambdas. Several threads can be in such a block.

    To print lambdas, which the suite does not show, hypothesis parses whole modules: a tenth of a run. What it still
    parses is parsed by one thread at a time. It also takes values from the modules outside of site-packages
    that are imported by then, with which the same seed would send other requests in a checkout, or on a slow machine.
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


AnyOperation = APIOperation[Any, Any, Any, Any]
