"""The rows of a rehearsal: changes that the traffic meets, one row for those with the same ground, breaking first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seatunnel_conformance.rehearsal.advice import advice
from seatunnel_conformance.rehearsal.traffic import Traffic
from seatunnel_conformance.rehearsal.usage import Use, used
from seatunnel_conformance.report.verdicts import RunExit
from seatunnel_openapi import Contract, Overlay
from seatunnel_openapi.comparison import Change, Origin, Severity, between, diff, origin_of


@dataclass(frozen=True, slots=True)
class Row:
    """Changes of one kind and ground. `requests` is how many of the traffic's requests they concern, None without any.

    `places` name each operation with the place of the change in it, and what stood there before and after.
    """

    severity: Severity
    id: str
    changes: tuple[Change, ...]
    ground: Origin
    advice: str
    requests: int | None

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that change, `everywhere` for the document as a whole."""
        return tuple(dict.fromkeys(change.operation or "everywhere" for change in self.changes))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All of it. `left_out` is how many changes the traffic does not meet, `remarks` what the log can't tell."""

    old: str
    new: str
    rows: tuple[Row, ...]
    left_out: int = 0
    uses: Mapping[str, Use] = field(default_factory=dict)
    foreign: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether a change breaks clients that relied on what was stated."""
        return any(row.severity is Severity.ERROR for row in self.rows)

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        return RunExit.DEVIATES if self.breaks else RunExit.CONFORMS

    def of(self, severity: Severity) -> tuple[Row, ...]:
        """Return the rows of one severity."""
        return tuple(row for row in self.rows if row.severity is severity)


def rehearse(old: Contract, new: Contract, chain: Sequence[Overlay], traffic: Traffic | None = None) -> Rehearsal:
    """Return what changes for clients from one release to another; with traffic, only what that meets.

    `chain` are all overlays in their order.
    """
    changes, on_the_way = diff(old, new), between(old.release, new.release, chain)
    if traffic is None:
        return Rehearsal(old.release, new.release, tuple(_rows(changes, on_the_way, new.release, None)))
    contracts = (old, new)
    uses = used(list(traffic.routed(contracts)))
    met = [change for change in changes if _is_met(change, uses)]
    return Rehearsal(
        old.release,
        new.release,
        tuple(_rows(met, on_the_way, new.release, uses)),
        left_out=len(changes) - len(met),
        uses=uses,
        foreign=_foreign(traffic, contracts),
        remarks=tuple(_remarks(uses)),
    )


def _is_met(change: Change, uses: Mapping[str, Use]) -> bool:
    if not change.operation:
        return bool(uses)
    return change.operation in uses and uses[change.operation].meets(change)


def _rows(
    changes: Sequence[Change], on_the_way: Sequence[Overlay], new: str, uses: Mapping[str, Use] | None
) -> Iterator[Row]:
    groups: dict[tuple[Severity, str, Origin], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.severity, change.id, origin_of(change, on_the_way)), []).append(change)
    for (severity, kind, ground), group in groups.items():
        yield Row(severity, kind, tuple(group), ground, advice(group[0], new), _concerned(group, uses))


def _concerned(group: Sequence[Change], uses: Mapping[str, Use] | None) -> int | None:
    if uses is None:
        return None
    operations = {change.operation for change in group}
    return sum(use.requests for name, use in uses.items() if name in operations or "" in operations)


def _foreign(traffic: Traffic, contracts: Sequence[Contract]) -> dict[str, int]:
    """Count the requests that are for no operation, by method and address without its query."""
    counts: dict[str, int] = {}
    for seen in traffic.foreign(contracts):
        name = f"{seen.method} {seen.place}{seen.path}"
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _remarks(uses: Mapping[str, Use]) -> Iterator[str]:
    """Yield what the log can't tell."""
    if not uses:
        return
    yield "a log can't tell which fields a client reads: those that came back are taken for those that count"
    silent = sorted(name for name, use in uses.items() if not use.answered)
    if silent:
        yield f"the log has no answers of {', '.join(silent)}: all changes of their answers are listed"
    bodiless = sorted(name for name, use in uses.items() if not use.sent and name.startswith(("POST", "PUT")))
    if bodiless:
        yield f"the log has no bodies of {', '.join(bodiless)}: all changes of their requests are listed"
