"""Choose the contract for a target: of the given release, or of the release that the target behaves like.

Clauses with `recognises` in the contracts distinguish releases. Their own checks decide them, under the contract of
every release. The target agrees with a release in a clause if it conforms to that release's clause, or if the release
lacks the clause and the target breaks the clause of every other release. None of these clauses is about members of
jobs, because a cluster may have no jobs. The detection takes a few dozen requests, and only reads.

The best fitting release leaves the fewest causes of deviations and, among equals, agrees in the most clauses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import seatunnel_openapi
from seatunnel_conformance.arrange.settings import AUTO, Settings
from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.errors import Inconclusive, InvalidSettings, NotObservable, ResponseTooLong
from seatunnel_conformance.run.attempts import is_about_the_response, own_failure
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.identification import identify, is_reference_server
from seatunnel_conformance.text.visible import line
from seatunnel_openapi import Contract, ContractError, Overlay
from seatunnel_openapi.contract import Clause, Operation

_LONGEST: Final = 80
"""Maximum number of characters of a version that are shown."""

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class ReleaseChoice:
    """A contract, and a remark: `note` says why it was chosen, or which contract fits better, or is empty.

    `reference`: the target is a reference server. This is only looked up for runs that need permission to write.
    """

    contract: Contract
    note: str = ""
    reference: bool = False

    def applied(self, settings: Settings) -> Settings:
        """Return the settings with what was detected."""
        release, reference = self.contract.release, self.reference or settings.reference
        connection = replace(settings.connection, speaks=release)
        return replace(settings, release=release, reference=reference, connection=connection)


@dataclass(frozen=True, slots=True)
class VersionMatch:
    """The releases that a version can mean, in order, and a warning if the version is of no known release."""

    releases: tuple[str, ...]
    warning: str = ""


def choose(settings: Settings) -> ReleaseChoice:
    """Return the contract that the settings name; for `auto`, the one that fits the target best.

    The first requests make sure that every node is a SeaTunnel engine, and read the target's version; the others detect
    the release. Raises `TargetUnreachable` or a class derived from it, `LimitReached`, `InvalidSettings`.
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
        found = fits(target, [_load(release) for release in seatunnel_openapi.releases()], overview)
        if target.governor.seconds_left <= 0:
            raise target.governor.out_of_time
    if asked is not None:
        return ReleaseChoice(asked, _better_fit(asked.release, found))
    said = _version(overview)
    meant = named_by(said, seatunnel_openapi.overlays())
    candidates = [fit for fit in found if fit.release in meant.releases]
    fitting = best(candidates)
    return ReleaseChoice(_load(_nearest(said, fitting)), _reason(said, meant, fitting, found))


def named(settings: Settings) -> ReleaseChoice:
    """Return the contract of the release in the settings, without sending requests.

    Raises `InvalidSettings`.
    """
    return ReleaseChoice(_load(settings.release))


def named_by(version: str, overlays: Sequence[Overlay]) -> VersionMatch:
    """Return the releases whose engines report this version, or all releases if no engine does.

    The version in the documentation's example gives no warning, although its engines don't have this API.
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
        return f"{stated}; no response shows which release it is"
    like = _better_fit(fitting[0], found)
    if not like and len(meant.releases) > 1:
        like = f"it behaves like {_either(fitting)} ({signs.agreed} of {signs.signs} distinguishing clauses)"
    return f"{stated}; {like}" if like else stated


def _better_fit(release: str, found: Iterable[Fit]) -> str:
    """Return a note on the releases that fit better than this one; empty without one, or without a comparison."""
    by_release = {fit.release: fit for fit in found}
    better = best(by_release.values())
    if release in better or release not in by_release:
        return ""
    own = by_release[release]
    most = by_release[better[0]]
    if most.share < own.share:
        return ""  # one wrong operation, which the other release lacks, does not make the target like that release
    signs = f"{most.agreed} of {most.signs} distinguishing clauses, {own.agreed} of {own.signs} for {release}"
    return f"it behaves like {_either(better)} ({signs})"


def _either(releases: Sequence[str]) -> str:
    *others, last = releases
    return f"{', '.join(others)} or {last}" if others else last


def _version(overview: Response) -> str:
    """Return the version that a target states, or an empty string."""
    said = (overview.json_as(dict) or {}).get("projectVersion")
    # An engine that was built without a version reports a placeholder in angle brackets.
    return line(overview.redactor.text(said), _LONGEST) if isinstance(said, str) and not said.startswith("<") else ""


def _load(release: str) -> Contract:
    """Return a release's contract with the release's own names of members, to which responses are translated."""
    try:
        return seatunnel_openapi.in_own_words(seatunnel_openapi.load(release))
    except ContractError as problem:
        if isinstance(problem, seatunnel_openapi.UnknownRelease) or seatunnel_openapi.is_file(release):
            raise InvalidSettings(str(problem)) from problem
        raise Inconclusive(f"the contract itself can't be read: {problem}") from problem


_TYPES: Final = {"object": dict, "array": list}


def is_absent(response: Response, contract: Contract, operation: Operation) -> bool:
    """Return whether a response shows that the target does not have an operation.

    Another operation can respond instead: a servlet also serves the paths below its own. Its responses have another
    form, or lack some headers.
    """
    if response.status == HTTPStatus.NOT_FOUND:
        return str(response.status) not in operation.responses
    gets = (each for each in contract.operations if each.method == "GET" and "{" not in each.path)
    above = [each for each in gets if operation.path.startswith(f"{each.path}/")]
    above = [each for each in above if _has_form_of(response, contract, each)]
    if response.status != HTTPStatus.OK or not above:
        return False
    telling = _headers(operation) - frozenset(name for each in above for name in _headers(each))
    return not _has_form_of(response, contract, operation) or any(response.header(name) is None for name in telling)


def _headers(operation: Operation) -> frozenset[str]:
    return frozenset(operation.responses.get("200", {}).get("headers", ()))


def _has_form_of(response: Response, contract: Contract, operation: Operation) -> bool:
    """Return whether a response has the form that an operation's schema states: object, array, or text by a pattern.

    If the operation has no schema for the status and the media type of the response, the result is False.
    """
    schema = operation.response_schema(response.status, response.media_type)
    if schema is None or not re.search(contract.resolve(schema).get("pattern", ""), response.text):
        return False
    return isinstance(_json(response), tuple(_types(contract, schema)) or object)


def _types(contract: Contract, schema: Any) -> Iterator[type]:
    """Yield `dict` and `list` if a schema allows objects and arrays."""
    found = contract.resolve(schema)
    for each in (*found.get("oneOf", ()), *found.get("anyOf", ())):
        yield from _types(contract, each)
    if found.get("type") in _TYPES:
        yield _TYPES[found["type"]]


def _json(response: Response) -> Any:
    try:
        return response.json
    except (AssertionError, Inconclusive):
        return None


_LONGEST_WAIT: Final = 5.0
"""Maximum seconds for a response during the detection."""

_LARGEST: Final = 2**20
"""Maximum bytes of a response during the detection, because all responses are kept."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a release fits: the target behaves like it in `agreed` of `signs` clauses that distinguish releases.

    `causes` is the number of causes of deviations: a cause is a broken rule for every operation, or a path with broken
    clauses. All operations that only some releases have are one cause: a build between two releases may lack them all.
    """

    release: str
    agreed: int
    signs: int
    causes: int = 0

    @property
    def share(self) -> float:
        """The share of `signs` in which the target agrees, 0 to 1; 0 if there are none."""
        return self.agreed / self.signs if self.signs else 0.0


_FEW: Final = 9
"""Maximum number of different requests of a clause's check, and of equal ones, during the detection. In the run, it
reads every path."""


class _EnoughRead(Exception):
    """The check has sent `_FEW` different requests, and found no error."""


@dataclass(slots=True, repr=False)
class _CachingTarget(Target):
    """A target that keeps each response for the checks of all releases. After a failed request, it sends no others.

    If a check repeats a request, because it waits until nothing changes, it gets a later response. After `_FEW`
    different requests of a check, `_EnoughRead` is raised.
    """

    release: str = ""
    """The release with the words of the responses."""
    sent: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """How often the check has sent each request."""
    results: dict[tuple[str, ...], Response | ResponseTooLong] = field(default_factory=dict)
    error: Inconclusive | None = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        request: tuple[str, ...] = (method, path, repr(query), repr(headers))
        if request not in self.sent and len(self.sent) == _FEW:
            raise _EnoughRead
        if self.sent[request] == _FEW:
            raise NotObservable(f"the responses to {method} {path} keep changing")
        self.sent[request] += 1
        request += (str(self.sent[request]),)
        if request not in self.results:
            if self.error is not None:
                raise self.error
            try:
                self.results[request] = Target.send(self, method, path, query=query, headers=headers, body=body)
            except ResponseTooLong as error:
                self.results[request] = error
            except Inconclusive as error:
                self.error = error
                raise
        result = self.results[request]
        if isinstance(result, Response):
            wording = replace(self.connection, speaks=self.release).wording(method, path, result.status)
            return result if wording is None else replace(result, wording=wording, parsed=[])
        raise result


_Conforms: TypeAlias = dict[tuple[str, str], bool | None]
"""By release and clause: whether the target conforms to the clause of the release, None if that is unknown."""


def fits(target: Target, contracts: Iterable[Contract], overview: Response | None = None) -> tuple[Fit, ...]:
    """Return how well each contract fits a target, in the order of the contracts.

    `overview` is an earlier response to `GET /overview`, if any: a busy cluster takes seconds for it.
    """
    known = tuple(contracts)
    telling = {clause.id for contract in known for clause in contract.clauses if clause.recognises}
    checks = {found.clause_id: found for found in all_checks() if found.clause_id in telling}
    given = target.limits
    # At most a part of the time of a short run.
    wait = min(given.response, _LONGEST_WAIT, math.inf if given.run is None else given.run / 4)
    limits = replace(given, response=wait, body=min(given.body, _LARGEST))
    with _CachingTarget(target.url, limits=limits, connection=target.connection) as caching:
        if overview is not None:
            caching.results["GET", "/overview", repr(""), repr(None), "1"] = overview
        # The same id for all contracts, so that their requests are the same.
        unused_id = caching.own.generate()
        kept = {
            (contract.release, clause.id): _holds(checks[clause.id], caching, contract, unused_id)
            for contract in known
            for clause in contract.clauses
            if clause.recognises and clause.id in checks
        }
    common = set.intersection(*({operation.id for operation in contract.operations} for contract in known))
    return tuple(_fit(contract, sorted(telling), kept, common) for contract in known)


def best(found: Iterable[Fit]) -> tuple[str, ...]:
    """Return the releases that fit best, in the given order; several if no clause distinguishes them."""
    every = [fit for fit in found if fit.signs] or list(found)
    rank = {fit.release: (-fit.causes, fit.share) for fit in every}
    most = max(rank.values())
    return tuple(release for release, share in rank.items() if share == most)


def _holds(found: Check, target: _CachingTarget, contract: Contract, unused_id: str) -> bool | None:
    """Return whether a target conforms to the clause of a check; None if its responses can't show it."""
    target.sent, target.release = Counter(), contract.release
    try:
        # Checks submit no jobs on a target that is only read.
        found({"target": target, "contract": contract, "unused_id": unused_id, "jobs": None})
    except _EnoughRead:
        return True
    except (NotObservable, Inconclusive):
        return None
    except Exception as error:  # the code of a check raises any error for a response that it does not expect
        if not is_about_the_response(error):
            raise Inconclusive(own_failure(error)) from error
        return False  # the response is not of this release
    return True


def _fit(contract: Contract, telling: Iterable[str], kept: _Conforms, common: Container[str]) -> Fit:
    """Return how well a contract fits. `common` are the operations that every release has."""
    release = contract.release
    signs = (_agrees(release, clause_id, kept) for clause_id in telling)
    decided = [sign for sign in signs if sign is not None]
    broken = (clause for clause in contract.clauses if kept.get((release, clause.id)) is False)
    causes = {_cause(clause, contract, common) for clause in broken}
    return Fit(release, sum(decided), len(decided), len(causes))


def _cause(clause: Clause, contract: Contract, common: Container[str]) -> str:
    """Return the cause under which a deviation counts: a rule or path; empty for operations that some releases lack."""
    if not clause.operation_id:
        return clause.id
    return contract.operation(clause.operation_id).path if clause.operation_id in common else ""


def _agrees(release: str, clause_id: str, kept: _Conforms) -> bool | None:
    """Return whether a target is like a release in a clause; None if unknown (see the module)."""
    if (release, clause_id) in kept:
        return kept[release, clause_id]
    elsewhere = [held for (_, other), held in kept.items() if other == clause_id and held is not None]
    return not any(elsewhere) if elsewhere else None
