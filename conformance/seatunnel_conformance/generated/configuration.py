"""How schemathesis is set up for one run.

What it would wrongly blame a correct server for is data: `schemathesis.toml`, in schemathesis' own format, operation
by operation and each with its reason, so that its command line obeys the same file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from schemathesis import Config

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.target.exchange import REMEMBERED, Exchange
from seatunnel_openapi import Contract

_FACTS: Final = (
    # A container that answers a wrong method itself sends no Allow header, and says 501 or 400 for odd methods.
    ("unsupportedMethod", "container-page", ("unsupported_method", "allow_header_conformance")),
)
"""Facts of the document under which a check of schemathesis has nothing to say: fact, value, checks."""

_STATED: Final = (
    # The place of a page's first job is reckoned with 32 bits and may become negative, which no schema can tell.
    ("paging", "unchecked", {"not_a_server_error": {"expected-statuses": ["2xx", "4xx", "500"]}}),
    # What is deleted is an override, not the logger.
    ("unknownLogger", "inherited", {"use_after_free": {"enabled": False}}),
)
"""What facts of an operation state beyond `schemathesis.toml`: fact, value, settings of checks."""

_LISTS: Final = frozenset({"POST /submit-jobs", "POST /stop-jobs"})
"""Operations that want a list."""

_OK: Final = 200
_BAD_REQUEST: Final = 400
_NOT_IMPLEMENTED: Final = 501
"""What a container answers to a verb that it does not know, whatever the path (`http.unsupported-method`)."""


def configuration(contract: Contract, settings: Settings, *, linked: bool) -> Config:
    """Return the configuration for one check: the linked sequences, or the phases that try one operation."""
    data, profile = dict(expectations()), settings.depth
    phases = ("stateful",) if linked else tuple(name for name in profile.phases if name != "stateful")
    data |= {
        "seed": settings.seed,
        "base-url": settings.url,
        "workers": 1,  # more than one trips over CPython's parser lock (gh-106905), and gains nothing
        "request-timeout": settings.limits.answer,
        "max-redirects": 0,
        "output": {"truncation": {"max-recorded-payload-size": REMEMBERED}},
        "continue-on-failure": True,
        "cache": {"enabled": False},  # what an earlier run has learned would make this one another
        "generation": {**data.get("generation", {}), "max-examples": profile.cases, "database": "none"},
        "phases": {
            # An operation without parameters has no examples; it is asked once all the same.
            "examples": {"enabled": "examples" in phases, "fill-missing": True},
            "coverage": {"enabled": "coverage" in phases, **_methods(settings)},
            **{name: {"enabled": name in phases} for name in ("fuzzing", "stateful")},
        },
        "checks": {**data.get("checks", {}), **_silenced(contract)},
        "operations": [*data.get("operations", ()), *_by_facts(contract)],
    }
    return Config.from_dict(data)


def _methods(settings: Settings) -> Mapping[str, Any]:
    """Return the methods that are tried where they do not belong; where nothing may change, only a harmless one."""
    return {} if settings.may_write else {"unexpected-methods": ["trace"]}


def is_excused(contract: Contract, label: str, exchange: Exchange) -> bool:
    """Whether an answer is right although schemathesis has no way to be told so.

    `label` names the operation as schemathesis does, method and path. Three cases: a container's own answer to a verb
    that the path doesn't have; a 400 that has a page for an unreadable path but no body for a missing log file; and
    the empty list that answers a list of nothing, which blanks are, too.
    """
    sent, got = exchange.request, exchange.answer
    if got is None:
        return False
    container = contract.behaviour.choice("unsupportedMethod") == "container-page"
    if container and got.status == _NOT_IMPLEMENTED and sent.method != label.partition(" ")[0]:
        return True
    if got.status == _OK and got.body == b"[]" and label in _LISTS:
        return not (sent.body or b"").strip()
    return got.status == _BAD_REQUEST and not got.body and label in _bodiless(contract)


def _bodiless(contract: Contract) -> frozenset[str]:
    clauses = (clause for clause in contract.clauses if clause.id.endswith(".missing-file") and clause.operation_id)
    operations = (contract.operation(clause.operation_id or "") for clause in clauses)
    return frozenset(f"{operation.method} {operation.path}" for operation in operations)


def _silenced(contract: Contract) -> dict[str, Any]:
    facts = contract.behaviour
    silent = (checks for name, value, checks in _FACTS if facts.get(name) == value)
    return {check: {"enabled": False} for checks in silent for check in checks}


def _by_facts(contract: Contract) -> Iterator[dict[str, Any]]:
    for fact, value, checks in _STATED:
        for operation in contract.operations:
            if operation.behaviour.get(fact) == value:
                yield {"include-operation-id": operation.id, "checks": checks}


@cache
def expectations() -> Mapping[str, Any]:
    """Return the content of `schemathesis.toml`: packaged beside this module, or at the root of a checkout."""
    packaged = Path(__file__).with_name("schemathesis.toml")
    path = packaged if packaged.is_file() else Path(__file__).parents[3] / "schemathesis.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
