"""Which contract a target is held against, and which it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.arrange.settings import AUTO, Settings
from seatunnel_conformance.errors import Inconclusive, LimitReached, UnknownRelease
from seatunnel_conformance.run import recognition
from seatunnel_conformance.run.recognition import Fit
from seatunnel_conformance.target.alarm import TimeIsUp, time_limit
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Answer
from seatunnel_conformance.target.identification import identify
from seatunnel_openapi import Contract, ContractError, Overlay

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Choice:
    """A contract, and a remark: why it is this one, or which fits better; empty where there is nothing to say."""

    contract: Contract
    note: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """The releases that a version text can mean, in their order, and a warning where it names none of them."""

    releases: tuple[str, ...]
    warning: str = ""


def choose(settings: Settings) -> Choice:
    """Return the contract that the settings name; for `auto`, the one of the release that the target is.

    The target is asked what it is, for its version, and for a few things by which releases differ. Raises
    `TargetUnreachable` or a leaf of it, `LimitReached`, `UnknownRelease`.
    """
    run = settings.limits.run
    try:
        with time_limit(settings.limits.left):
            return _chosen(settings)
    except TimeIsUp:
        raise LimitReached(f"the time of {run:g} s is used up (--max-time): the target is not identified yet") from None


def _chosen(settings: Settings) -> Choice:
    asked = None if settings.release == AUTO else _load(settings.release)
    said = _version(identify(settings.url, settings.limits, settings.connection))
    with Target(settings.url, limits=settings.limits, connection=settings.connection) as target:
        found = recognition.fits(target, [_load(release) for release in seatunnel_openapi.releases()])
    if asked is not None:
        return Choice(asked, _looks_like_another(asked.release, found))
    meant = named_by(said, seatunnel_openapi.overlays())
    fitting = recognition.best(fit for fit in found if fit.release in meant.releases)
    return Choice(_load(fitting[-1]), _reason(said, meant, fitting, found))


def named(settings: Settings) -> Choice:
    """Return the contract of the release that the settings name, without asking the target anything.

    Raises `UnknownRelease`.
    """
    return Choice(_load(settings.release))


def named_by(version: str, overlays: Sequence[Overlay]) -> Named:
    """Return the releases whose engines report this version.

    A version that none reports means the last release before it; one from before all releases, or no version at all,
    can be any, the documented one too.
    """
    exact = tuple(overlay.name for overlay in overlays if version in overlay.versions)
    if exact:
        return Named(exact)
    numbered = [(key, overlay.name) for overlay in overlays if (key := _number(overlay.name))]
    wanted = _number(version)
    earlier = [name for key, name in numbered if wanted and key <= wanted]
    if earlier:
        newest = ", the newest one" if earlier[-1] == numbered[-1][1] else ""
        return Named((earlier[-1],), f"there is no contract of {version}: held against that of {earlier[-1]}{newest}")
    warning = f"there is no contract of {version}" if wanted else ""
    return Named(seatunnel_openapi.releases(), warning)


def _number(text: str) -> tuple[int, ...]:
    found = _NUMBER.match(text)
    return tuple(map(int, found[0].split("."))) if found else ()


def _reason(said: str, meant: Named, fitting: Sequence[str], found: Iterable[Fit]) -> str:
    told = f"the target says that it is {said}" if said else "the target does not say what release it is"
    if len(meant.releases) > 1:
        return f"{meant.warning or told}; it answers like {_either(fitting)}"
    another = _looks_like_another(fitting[-1], found)
    return "; ".join(filter(None, (meant.warning or told, another)))


def _looks_like_another(release: str, found: Iterable[Fit]) -> str:
    """Say which releases fit better than this one; empty when none does."""
    by_release = {fit.release: fit for fit in found}
    own, better = by_release[release], recognition.best(by_release.values())
    if release in better:
        return ""
    most = by_release[better[0]]
    signs = f"{most.agreed} of {most.signs} signs, {own.agreed} of {own.signs} for {release}"
    return f"it answers like {_either(better)} ({signs})"


def _either(releases: Sequence[str]) -> str:
    *others, last = releases
    return f"{', '.join(others)} or {last}" if others else last


def _version(overview: Answer) -> str:
    """Return the version that a target states; empty if it states none."""
    try:
        said = overview.members.get("projectVersion")
    except AssertionError:
        return ""
    # An engine that was built without its version says so in angle brackets.
    return overview.veil.text(said) if isinstance(said, str) and not said.startswith("<") else ""


def _load(release: str) -> Contract:
    try:
        return seatunnel_openapi.load(release)
    except seatunnel_openapi.UnknownRelease as problem:
        raise UnknownRelease(str(problem)) from problem
    except ContractError as problem:
        raise Inconclusive(f"the contract itself can't be read: {problem}") from problem
