"""Which contract a target is held against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.errors import Inconclusive, UnknownRelease
from seatunnel_conformance.settings import AUTO, Settings
from seatunnel_conformance.target import Target
from seatunnel_openapi import Contract, ContractError

BASE: Final = "documented"
"""The contract as the documentation states it, before any release's own."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A contract, and a remark on why it is this one; empty when it was asked for by name."""

    contract: Contract
    note: str = ""


def choose(settings: Settings) -> Choice:
    """Return the contract that the settings name; for `auto`, the one of the release that the target says it is.

    Raises `TargetUnreachable`, `AnswerIncomplete`, `UnknownRelease`.
    """
    said = _said(settings)
    if settings.release != AUTO:
        return Choice(_load(settings.release))
    found = closest(said, seatunnel_openapi.releases())
    if found is None:
        origin = f"there is no contract of {said}" if said else "the target does not say what release it is"
        return Choice(_load(BASE), f"{origin}: held against the {BASE} one")
    return Choice(_load(found), f"the target says that it is {said}")


def closest(said: str, releases: Sequence[str]) -> str | None:
    """Return the release that a version text names, its suffixes (`-SNAPSHOT`) left out; None when there is none."""
    number = re.match(r"\d+(\.\d+)*", said)
    return number[0] if number and number[0] in releases else None


def _said(settings: Settings) -> str:
    """Ask the target for its version: whatever it says, it is alive when this returns."""
    with Target(settings.url) as target:
        answer = target.get("/overview")
        try:
            said = answer.members.get("projectVersion")
        except AssertionError:
            return ""
    # An engine that was built without its version says so in angle brackets.
    return said if isinstance(said, str) and not said.startswith("<") else ""


def _load(release: str) -> Contract:
    try:
        return seatunnel_openapi.load(release)
    except seatunnel_openapi.UnknownRelease as problem:
        raise UnknownRelease(str(problem)) from problem
    except ContractError as problem:
        raise Inconclusive(f"the contract itself can't be read: {problem}") from problem
