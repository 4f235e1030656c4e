"""The rows of a rehearsal: the changes of the API that affect the requests, grouped by kind and cause."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from seatunnel_conformance.rehearsal.concerns import concerns
from seatunnel_conformance.rehearsal.request_log import LoggedRequest, RequestLog, Routed, is_v1, route
from seatunnel_conformance.rehearsal.source import ClientSource
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract, Overlay, load
from seatunnel_openapi.comparison import Change, Origin, Severity, between, diff, origin_of
from seatunnel_openapi.files import json_or

Names: TypeAlias = tuple[str, ...]
"""The path to a member of a JSON document: the names on the way, without indexes of lists."""

_NO_NAMES: Final = frozenset({"items", "additionalProperties", ""})
_ALTERNATIVE: Final = re.compile(r"\w+\[[^]]*\]")
_APPEARS: Final = re.compile(r"added|became-required|became-optional")


@dataclass(slots=True)
class Use:
    """The use of one operation in a log.

    `parameters` has the names in queries, `members` those in request bodies, `fields` those in responses. `answered` is
    true if the log has bodies of responses, `sent` if it has bodies of requests.
    """

    seen: list[LoggedRequest] = field(default_factory=list)
    parameters: set[str] = field(default_factory=set)
    members: set[Names] = field(default_factory=set)
    fields: set[Names] = field(default_factory=set)
    statuses: set[str] = field(default_factory=set)
    answered: bool = False
    sent: bool = False

    @property
    def requests(self) -> int:
        """The number of requests."""
        return len(self.seen)

    def affected(self, change: Change) -> list[LoggedRequest]:
        """Return the requests that a change affects, or that it may affect because the log does not show enough."""
        return [seen for seen in self.seen if concerns(change, seen)] if self._is_affected_by(change) else []

    def _is_affected_by(self, change: Change) -> bool:
        side = change.id
        if side.startswith(("request-parameter", "new-optional-request-parameter")):
            return change.place.rpartition(" ")[2] in self.parameters or "required" in side
        if side.startswith(("request-", "new-optional-request")):
            return not self.sent or names(change.place) in self.members or "required" in side
        if side.startswith(("response-", "optional-response")):
            status, _, place = change.place.partition(" ")
            if self.statuses and status not in self.statuses:
                return False
            way = names(place)
            if not self.answered or not way:
                return True
            # A new member can't be in the log, but the object that gets it can.
            return (way[:-1] if _APPEARS.search(change.id) else way) in self.fields | {()}
        return True


def used(routed: Sequence[Routed]) -> dict[str, Use]:
    """Return the use of each operation by its name."""
    uses: dict[str, Use] = {}
    for each in routed:
        use = uses.setdefault(label(each.operation), Use())
        use.seen.append(each.seen)
        use.parameters |= each.seen.parameters
        if each.seen.status is not None:
            use.statuses.add(str(each.seen.status))
        if each.seen.response is not None:
            use.answered = True
            use.fields |= set(_members(each.seen.response))
        if each.seen.body is not None:
            use.sent = True
            use.members |= set(_members(json_or(each.seen.body)))
    return uses


def names(place: str) -> Names:
    """Return the path to the member in the place of a change, without alternatives of schemas and `items`."""
    return tuple(name for name in _ALTERNATIVE.sub("", place).split("/") if name not in _NO_NAMES)


def _members(value: Any, way: Names = ()) -> Iterator[Names]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*way, name)
            yield from _members(inner, (*way, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, way)


_NOTHING: Final = "Nothing to do."
_HARMLESS: Final = "api-security-removed"
"""A kind of change that breaks no client: credentials that are sent are ignored."""

_TRY: Final = "Try the client on `seatunnel-v2 serve --release {new}`."
_ADVICE: Final = (
    (r"api-removed.*", "Stop calling it before the upgrade."),
    (r"api-security-added", "Prepare credentials: a node may be configured to require them."),
    (r"api-security-removed", "Remove the credentials, or keep sending them: they are ignored."),
    (r"response-(body|property)-(one-of|any-of)-added", "Accept the new form, or avoid the requests that return it."),
    (r"response-(body|property)-became-nullable", "Accept null."),
    (r"response-.*(enum-value-added|became-not-enum|type-generalized)", "Handle unknown values."),
    (r"response-.*property-removed", "Stop reading it before the upgrade, or handle that it is missing."),
    (r"response-property-became-optional", "Handle responses without it."),
    (r"response-.*(type-changed|pattern|min|max).*", "Accept the values of both releases."),
    (r"response-success-status-removed", "Accept the statuses of both releases."),
    (r"response-media-type-removed", "Accept the media types of both releases."),
    (
        r"new-required-request-.*|request-.*became-required|request-body-added-required",
        "Send it: requests without it are rejected.",
    ),
    (r"request-.*removed", "Stop sending it: it is ignored."),
    (r"request-.*", "Send only what both releases accept."),
)


def advice(change: Change, new: str) -> str:
    """Return the advice for a change in an upgrade to the release `new`."""
    if change.severity == "info" and change.id != "api-security-added":
        return _NOTHING
    return next((text for kind, text in _ADVICE if re.fullmatch(kind, change.id)), _TRY).format(new=new)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Changes of one kind with one cause. `ground` is the cause, with its evidence.

    `affected` has the affected requests of the log in order; None without a log. `read_at` has the places in the
    client's source where it reads members that responses have lost.
    """

    severity: Severity
    id: str
    changes: tuple[Change, ...]
    ground: Origin
    advice: str
    affected: tuple[LoggedRequest, ...] | None
    read_at: tuple[str, ...] = ()

    @property
    def requests(self) -> int | None:
        """The number of affected requests in the log; None without a log."""
        return None if self.affected is None else len(self.affected)


@dataclass(frozen=True, slots=True)
class Loss:
    """Members that the responses of an operation have lost, although no breaking change of the contract says so.

    `read` has the places in the client's source by the path of the member, `affected` the requests for the operation.
    """

    operation: str
    read: Mapping[Names, str]
    affected: tuple[LoggedRequest, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The result of a rehearsal. `old` and `new` are the releases.

    `left_out` is the number of changes that affect no request, `uses` has the use of operations by name, and `remarks`
    are limitations of the log. `foreign` has the numbers of requests for no operation, by reason and then by method and
    URL. `unread` and `unit` are those of the log. `losses` were found by sending the requests to reference servers.
    """

    old: str
    new: str
    rows: tuple[ChangeRow, ...]
    left_out: int = 0
    uses: Mapping[str, Use] = field(default_factory=dict)
    foreign: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unread: int = 0
    unit: str = ""
    remarks: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    is_downgrade: bool = False

    @property
    def breaks(self) -> bool:
        """Whether a change breaks the client, or a response loses a member that the client reads."""
        return bool(self.losses) or any(row.severity is Severity.ERROR for row in self.rows)

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        return RunExit.DEVIATES if self.breaks else RunExit.CONFORMS

    def played(self, lost: Mapping[str, Collection[Names]], source: ClientSource | None = None) -> Rehearsal:
        """Return the rehearsal with the results of its requests at servers of both releases.

        `lost` is that of `Replayed`. A breaking change of a response stays breaking if the response became an error, or
        lost a member that the client reads: one that its source names or, without a source, the id or state of a job.
        If only other members were lost, and the source is known, the change is compatible. Otherwise it may break.
        """
        judged = sorted((_judged(row, lost, source) for row in self.rows), key=lambda row: _WORST.index(row.severity))
        explained = {
            (change.operation, way)
            for row in judged
            if row.severity is Severity.ERROR
            for change in row.changes
            for way in _lost(change, lost)
        }
        losses = []
        for name in lost.keys() & self.uses.keys():
            ways = {way: _read_at(way, source) for way in sorted(lost[name]) if (name, way) not in explained}
            if read := {way: place for way, place in ways.items() if place}:
                losses.append(Loss(name, read, tuple(self.uses[name].seen)))
        losses.sort(key=lambda loss: loss.affected[0].number)
        return replace(self, rows=tuple(judged), losses=tuple(losses))

    def of(self, severity: Severity) -> tuple[ChangeRow, ...]:
        """Return the rows of this severity."""
        return tuple(row for row in self.rows if row.severity is severity)


_WORST: Final = tuple(Severity)
_ESSENTIAL: Final = frozenset({"jobId", "jobStatus"})
"""The members that every client reads."""


def _judged(row: ChangeRow, lost: Mapping[str, Collection[Names]], source: ClientSource | None) -> ChangeRow:
    if (
        row.severity is not Severity.ERROR
        or not row.id.startswith("response-")
        or any(change.operation not in lost for change in row.changes)
    ):
        return row
    ways = [way for change in row.changes for way in _lost(change, lost)]
    if read := tuple(dict.fromkeys(filter(None, (_read_at(way, source) for way in ways)))):
        return replace(row, read_at=read)
    unread = source is not None and ways
    return replace(row, severity=Severity.INFO if unread else Severity.WARNING)


def _read_at(way: Names, source: ClientSource | None) -> str:
    """Return where the client reads a lost member: a place in its source, or "every client"; empty if unknown."""
    if not way:
        return "every client"
    if source is not None:
        return source.place(way[-1])
    return "every client" if way[-1] in _ESSENTIAL else ""


def _lost(change: Change, lost: Mapping[str, Collection[Names]]) -> list[Names]:
    """Return the paths of lost members that a change explains."""
    way = names(change.place.partition(" ")[2])
    found = lost.get(change.operation, ())
    # A change of the whole body explains lost members at its top level, unless only its type changes. Any change
    # explains another status.
    whole = not way and change.id != "response-body-type-changed"
    return [
        one for one in found if not one or (way and way[: len(one)] == one[: len(way)]) or (whole and len(one) == 1)
    ]


def rehearse(old: Contract, new: Contract, chain: Sequence[Overlay], traffic: RequestLog | None = None) -> Rehearsal:
    """Return the changes from one release to another; with a log, only those that affect its requests.

    `chain` has all overlays in the order of the releases.
    """
    changes, between_them = diff(old, new), between(old.release, new.release, chain)
    down = bool(between_them) and between_them[-1].name == old.release
    overlays = _introducing(between_them, new if down else old, is_downgrade=down)
    if traffic is None:
        return Rehearsal(old.release, new.release, tuple(_rows(changes, overlays, new.release)), is_downgrade=down)
    contracts = (old, new)
    uses = used(list(traffic.routed(contracts)))
    named = {operation.id: label(operation) for contract in contracts for operation in contract.operations}
    affecting = [change for change in changes if _affected(change, uses, named)]
    return Rehearsal(
        old.release,
        new.release,
        tuple(_rows(affecting, overlays, new.release, lambda change: _affected(change, uses, named))),
        left_out=len(changes) - len(affecting),
        uses=uses,
        foreign=_foreign(traffic, contracts),
        unread=traffic.unread,
        unit=traffic.unit,
        remarks=tuple(_remarks(uses)),
        is_downgrade=down,
    )


def _affected(change: Change, uses: Mapping[str, Use], named: Mapping[str, str]) -> list[LoggedRequest]:
    """Return the requests that a change affects.

    Without an operation, a fact of the whole API changes. If its values are lists of operation ids, only ids that were
    added or removed are concerned; `named` has the names by id.
    """
    if change.operation:
        return uses[change.operation].affected(change) if change.operation in uses else []
    listed = {named.get(name) for name in set(change.old.split(", ")) ^ set(change.new.split(", "))}
    concerned = uses if listed == {None} else {name: use for name, use in uses.items() if name in listed}
    return [seen for use in concerned.values() for seen in use.affected(change)]


def _introducing(
    between_them: Sequence[Overlay], before: Contract, *, is_downgrade: bool
) -> Callable[[Change], Sequence[Overlay]]:
    """Return a function that returns the overlays that make a change, or all overlays if none makes it alone.

    `before` is the contract before the first overlay. Later overlays can name the changed member, too.
    """
    found: dict[tuple[str, str, Names], list[Overlay]] = defaultdict(list)
    for overlay in between_them:
        after = load(overlay.name)
        for change in diff(after, before) if is_downgrade else diff(before, after):
            found[_kind(change)].append(overlay)
        before = after
    return lambda change: found.get(_kind(change), between_them)


def _kind(change: Change) -> tuple[str, str, Names]:
    return change.id, change.operation, names(change.place.replace(" ", "/"))


def _rows(
    changes: Sequence[Change],
    overlays: Callable[[Change], Sequence[Overlay]],
    new: str,
    affected: Callable[[Change], list[LoggedRequest]] | None = None,
) -> Iterator[ChangeRow]:
    groups: dict[tuple[Severity, str, Origin], list[Change]] = {}
    for change in changes:
        severity = Severity.INFO if change.id == _HARMLESS else change.severity
        groups.setdefault((severity, change.id, origin_of(change, overlays(change))), []).append(change)
    for (severity, kind, ground), group in groups.items():
        seen = {id(one): one for change in group for one in affected(change)} if affected else {}
        requests = tuple(sorted(seen.values(), key=lambda one: one.number)) if affected else None
        yield ChangeRow(severity, kind, tuple(group), ground, advice(group[0], new), requests)


def _foreign(traffic: RequestLog, contracts: Sequence[Contract]) -> dict[str, dict[str, int]]:
    """Return the numbers of requests for no operation, by reason, and then by method and URL without the query."""
    counts: dict[str, Counter[str]] = {}
    for seen in traffic.foreign(contracts):
        counts.setdefault(_reason(seen, contracts), Counter())[f"{seen.method} {seen.place}{seen.path}"] += 1
    return {
        reason: dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))) for reason, found in counts.items()
    }


def _reason(seen: LoggedRequest, contracts: Sequence[Contract]) -> str:
    if is_v1(seen):
        return "for the REST API V1, which this report does not cover"
    others = (route(replace(seen, method=method), contracts) for method in ("GET", "POST", "DELETE"))
    return "with a method that the path does not support" if any(others) else "not for SeaTunnel"


def _remarks(uses: Mapping[str, Use]) -> Iterator[str]:
    """Yield the limitations of the log as parts of sentences."""
    if not uses:
        return
    yield "a log does not show which members a client reads: the changes of all members that it received are listed"
    silent = sorted(name for name, use in uses.items() if not use.answered)
    if silent:
        yield f"the log has no responses of {', '.join(silent)}: all changes of their responses are listed"
    bodiless = sorted(name for name, use in uses.items() if not use.sent and name.startswith(("POST", "PUT")))
    if bodiless:
        yield f"the log has no request bodies of {', '.join(bodiless)}: all changes of their requests are listed"
