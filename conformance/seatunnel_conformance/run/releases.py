"""Choose the contract for a target: that of the given release, or of the release that the target behaves like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.arrange.settings import AUTO, Settings
from seatunnel_conformance.errors import Inconclusive, UnsupportedRelease
from seatunnel_conformance.run import recognition
from seatunnel_conformance.run.recognition import Fit
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.identification import identify, is_reference_server
from seatunnel_conformance.text.visible import line
from seatunnel_openapi import Contract, ContractError, Overlay

_LONGEST: Final = 80
"""Characters of a version that are shown."""

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class ReleaseChoice:
    """A contract, and a remark: why it is this one, or which fits better; empty where there is nothing to say.

    `reference` tells that the target is a reference server. Only a run that needs to know asks for it.
    """

    contract: Contract
    note: str = ""
    reference: bool = False

    def applied(self, settings: Settings) -> Settings:
        """Return settings with what was detected."""
        release, reference = self.contract.release, self.reference or settings.reference
        connection = replace(settings.connection, speaks=release)
        return replace(settings, release=release, reference=reference, connection=connection)


@dataclass(frozen=True, slots=True)
class VersionMatch:
    """The releases that a version can mean, in their order, and a warning if it is the version of none of them."""

    releases: tuple[str, ...]
    warning: str = ""


def choose(settings: Settings) -> ReleaseChoice:
    """Return the contract that the settings name; for `auto`, the one of the release that the target is.

    Every node is asked what it is, the target for its version, and for a few things by which releases differ. Raises
    `TargetUnreachable` or a leaf of it, `LimitReached`, `UnsupportedRelease`.
    """
    choice = _chosen(settings)
    needs_consent = settings.depth.writes and not settings.may_write
    target = settings.url, settings.limits, settings.connection
    return replace(choice, reference=needs_consent and is_reference_server(*target))


def _chosen(settings: Settings) -> ReleaseChoice:
    asked = None if settings.release == AUTO else _load(settings.release)
    for node in settings.nodes:
        identify(node, settings.limits, settings.connection)
    overview = identify(settings.url, settings.limits, settings.connection)
    with Target(settings.url, limits=settings.limits, connection=settings.connection) as target:
        found = recognition.fits(target, [_load(release) for release in seatunnel_openapi.releases()], overview)
        if target.governor.seconds_left <= 0:
            raise target.governor.out_of_time
    if asked is not None:
        return ReleaseChoice(asked, _better_fit(asked.release, found))
    said = _version(overview)
    meant = named_by(said, seatunnel_openapi.overlays())
    candidates = [fit for fit in found if fit.release in meant.releases]
    fitting = recognition.best(candidates)
    return ReleaseChoice(_load(_nearest(said, fitting)), _reason(said, meant, fitting, found))


def named(settings: Settings) -> ReleaseChoice:
    """Return the contract of the release in the settings, without sending requests.

    Raises `UnsupportedRelease`.
    """
    return ReleaseChoice(_load(settings.release))


def named_by(version: str, overlays: Sequence[Overlay]) -> VersionMatch:
    """Return the releases whose engines report this version; any other version can be any of them.

    The version in the example of the documentation page is known, but engines with it don't have this API.
    """
    exact = tuple(overlay.name for overlay in overlays if version in overlay.versions)
    documented = _load("documented").schema("Overview")["properties"]["projectVersion"]["example"]
    unknown = version and not exact and version != documented
    warning = f"there is no contract of {version} (`seatunnel-v2 learn` drafts one)" if unknown else ""
    return VersionMatch(exact or seatunnel_openapi.releases(), warning)


def _nearest(version: str, fitting: Sequence[str]) -> str:
    """Return the last of equally good releases that is not newer than a version, or the first if all are newer."""
    wanted = _number(version)
    earlier = [release for release in fitting if not wanted or _number(release) <= wanted]
    return earlier[-1] if earlier else fitting[0]


def _number(text: str) -> tuple[int, ...]:
    found = _NUMBER.match(text)
    return tuple(map(int, found[0].split("."))) if found else ()


def _reason(said: str, meant: VersionMatch, fitting: Sequence[str], found: Sequence[Fit]) -> str:
    stated = meant.warning or (
        f"the target says that it is {said}" if said else "the target does not say what release it is"
    )
    signs = next(fit for fit in found if fit.release == fitting[0])
    if not signs.signs:
        return f"{stated}; no sign of a release could be read"
    like = _better_fit(fitting[0], found)
    if not like and len(meant.releases) > 1:
        like = f"it answers like {_either(fitting)} ({signs.agreed} of {signs.signs} signs)"
    return f"{stated}; {like}" if like else stated


def _better_fit(release: str, found: Iterable[Fit]) -> str:
    """Return a note on the releases that fit better than this one; empty if none does, or for a proposal."""
    by_release = {fit.release: fit for fit in found}
    better = recognition.best(by_release.values())
    if release in better or release not in by_release:
        return ""
    own = by_release[release]
    most = by_release[better[0]]
    signs = f"{most.agreed} of {most.signs} signs, {own.agreed} of {own.signs} for {release}"
    return f"it answers like {_either(better)} ({signs})"


def _either(releases: Sequence[str]) -> str:
    *others, last = releases
    return f"{', '.join(others)} or {last}" if others else last


def _version(overview: Response) -> str:
    """Return the version that a target states; empty if it states none."""
    said = (overview.json_as(dict) or {}).get("projectVersion")
    # An engine that was built without a version has a placeholder in angle brackets.
    return line(overview.redactor.text(said), _LONGEST) if isinstance(said, str) and not said.startswith("<") else ""


def _load(release: str) -> Contract:
    """Return the contract of a release in its own words, which those of responses are translated into."""
    try:
        return seatunnel_openapi.in_own_words(seatunnel_openapi.load(release))
    except seatunnel_openapi.UnknownRelease as problem:
        raise UnsupportedRelease(str(problem)) from problem
    except ContractError as problem:
        if seatunnel_openapi.is_file(release):
            raise UnsupportedRelease(str(problem)) from problem
        raise Inconclusive(f"the contract itself can't be read: {problem}") from problem
