"""Which contract a target is held against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.errors import AccessDenied, Inconclusive, LedElsewhere, UnknownRelease
from seatunnel_conformance.exchange import Answer
from seatunnel_conformance.redaction import redact_text
from seatunnel_conformance.settings import AUTO, Settings
from seatunnel_conformance.target import Target
from seatunnel_conformance.transport.addresses import leads_elsewhere
from seatunnel_openapi import Contract, ContractError

BASE: Final = "documented"
"""The contract as the documentation states it, before any release's own."""

_DENIED: Final = frozenset({401, 403, 407})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Choice:
    """A contract, and a remark on why it is this one; empty when it was asked for by name."""

    contract: Contract
    note: str = ""


def choose(settings: Settings) -> Choice:
    """Return the contract that the settings name; for `auto`, the one of the release that the target says it is.

    Raises `TargetUnreachable` or a leaf of it, `AnswerIncomplete`, `UnknownRelease`.
    """
    said, remark = _asked(settings)
    if settings.release != AUTO:
        return Choice(_load(settings.release), remark)
    found = closest(said, seatunnel_openapi.releases())
    if found is None:
        origin = f"there is no contract of {said}" if said else "the target does not say what release it is"
        return Choice(_load(BASE), "; ".join(filter(None, [f"{origin}: held against the {BASE} one", remark])))
    return Choice(_load(found), f"the target says that it is {said}")


def closest(said: str, releases: Sequence[str]) -> str | None:
    """Return the release that a version text names, its suffixes (`-SNAPSHOT`) left out; None when there is none."""
    number = re.match(r"\d+(\.\d+)*", said)
    return number[0] if number and number[0] in releases else None


def _asked(settings: Settings) -> tuple[str, str]:
    """Ask the target for its version, and say what is odd about the answer: it is alive when this returns."""
    with Target(settings.url, limits=settings.limits, connection=settings.connection) as target:
        answer = target.get("/overview")
    _require_access(settings, answer)
    try:
        said = answer.members.get("projectVersion")
    except AssertionError:
        return "", _oddity(answer)
    # An engine that was built without its version says so in angle brackets.
    return (answer.veil.text(said), "") if isinstance(said, str) and not said.startswith("<") else ("", "")


def _require_access(settings: Settings, answer: Answer) -> None:
    """Refuse to judge a door: what lets nobody in, or sends everybody elsewhere, is not the API."""
    if answer.status in _DENIED:
        given = "other credentials" if settings.connection.headers() else "credentials"
        raise AccessDenied(settings.url, f"GET /overview is answered {answer.status}: it wants {given}")
    elsewhere = leads_elsewhere(settings.url, answer.header("location") or "") if answer.status in _REDIRECTS else ""
    if elsewhere:
        said = answer.veil.text(redact_text(elsewhere.partition("?")[0]))
        raise LedElsewhere(settings.url, f"GET /overview leads to {said}; if the API is there, give that address")


def _oddity(answer: Answer) -> str:
    if "html" in answer.media_type:
        return "GET /overview is answered with a page of HTML: a login page, or another service"
    return (
        ""
        if answer.status == HTTPStatus.OK
        else f"GET /overview is answered {answer.status}: is the context path right"
    )


def _load(release: str) -> Contract:
    try:
        return seatunnel_openapi.load(release)
    except seatunnel_openapi.UnknownRelease as problem:
        raise UnknownRelease(str(problem)) from problem
    except ContractError as problem:
        raise Inconclusive(f"the contract itself can't be read: {problem}") from problem
