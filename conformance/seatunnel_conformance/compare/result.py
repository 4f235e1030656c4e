"""The result of a comparison, and its report: a table by operation, and a short differing history as curl commands."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from seatunnel_conformance.compare.pair import ComparedStep
from seatunnel_conformance.replay.normalise import ABSENT, shown, status_first
from seatunnel_conformance.replay.sender import body_of
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.target.exchange import Request, cut
from seatunnel_conformance.target.routes import find, label
from seatunnel_conformance.text.differences import canonical
from seatunnel_conformance.text.redaction import redact_text, redact_values
from seatunnel_conformance.text.visible import map_texts
from seatunnel_openapi import Contract

OTHER_PATHS: Final = "other paths and methods"

Signature: TypeAlias = tuple[str, str]
"""An operation and the JSON pointer of a difference. Differences with the same signature are reported once.

A difference of headers is mostly the same for all operations, so its signature is an empty string and its description.
"""


@dataclass(frozen=True, slots=True)
class DifferingHistory:
    """A history whose last step has different responses. `origin` is the name of its scenario, or `generated`.

    `repeated` is true if the difference was also there when the history was played again.
    """

    origin: str
    steps: tuple[ComparedStep, ...]
    signatures: frozenset[Signature]
    keeps_connection: bool = False
    repeated: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """The number of steps, and the number of characters of all requests. Histories are compared by both."""
        return len(self.steps), sum(len(json.dumps(each.step["request"])) for each in self.steps)


@dataclass(slots=True)
class DeploymentComparison:
    """The result of a comparison.

    `compared` and `differing` count responses by operation. `findings` has the differing histories, the repeated ones
    first, and `unstable` the names of histories that differed once, but not again. `recorded` and `generated` are the
    numbers of histories that were played. `cut_off` is true if the limits of the command ended the comparison.
    """

    contract: Contract
    compared: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    findings: list[DifferingHistory] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recorded: int = 0
    generated: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    cut_off: bool = False

    @property
    def total(self) -> int:
        """The number of compared responses."""
        return self.compared.total()

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return not self.findings

    @property
    def decided(self) -> bool:
        """Whether the result is certain: a difference was found again in a repetition, or no history differed."""
        if self.findings:
            return any(finding.repeated for finding in self.findings)
        return bool(self.total) and not self.unstable and not self.cut_off

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        if self.interrupted:
            return RunExit.INTERRUPTED
        if not self.decided:
            return RunExit.UNDECIDED
        return RunExit.CONFORMS if self.same else RunExit.DEVIATES

    @property
    def smallest(self) -> DifferingHistory | None:
        """The smallest differing history, if possible a repeated one; None if there is none."""
        return min(self.findings, key=lambda finding: (not finding.repeated, finding.size), default=None)

    def count(self, played: Sequence[ComparedStep]) -> None:
        """Count the responses of a history."""
        for each in played:
            if not each.prepares:
                operation = operation_of(self.contract, each)
                self.compared[operation] += 1
                self.differing[operation] += bool(each.differences)


def operation_of(contract: Contract, each: ComparedStep) -> str:
    """Return the name of the operation that a step requests, such as `GET /overview`."""
    request = each.step["request"]
    path = str(request["path"]).partition("?")[0]
    found, _ = find(contract, request["method"], path)
    return label(found) if found else OTHER_PATHS


def signatures(contract: Contract, each: ComparedStep) -> Iterator[Signature]:
    """Yield the signatures of a step's differences."""
    for difference in each.differences:
        if difference.pointer.startswith("/headers/"):
            yield "", str(difference)
        else:
            yield operation_of(contract, each), difference.pointer


_BODY: Final = 200
"""The maximum number of characters of a body that are shown."""
_DIFFERENCES: Final = 12
_BASE: Final = "http://a.invalid"
"""The placeholder in a curl command that is replaced by the shell variable `a`."""
_FRESH: Final = re.compile(r"\{\{fresh\.id\.([\w-]+)\}\}")


def text(comparison: DeploymentComparison, names: tuple[str, str]) -> str:
    """Return the report for a terminal; `names` has the names of the two sides."""
    parts = [_table(comparison)]
    if comparison.smallest:
        parts.append("\n".join(_history(comparison.smallest, names)))
    if others := [finding for finding in comparison.findings if finding is not comparison.smallest]:
        parts.append("\n".join(["Also different:", *(_line(comparison, finding) for finding in others)]))
    remarks = [f"{remark[:1].upper()}{remark[1:]}." for remark in _remarks(comparison)]
    parts.append("\n".join([*remarks, _conclusion(comparison, names)]))
    return redact_text("\n\n".join(parts)) + "\n"


def as_json(comparison: DeploymentComparison, names: tuple[str, str]) -> dict[str, Any]:
    """Return the report as JSON data, with the smallest of the repeated histories first."""
    plain = {
        "a": names[0],
        "b": names[1],
        "same": comparison.same,
        "decided": comparison.decided,
        "operations": {
            name: {"compared": count, "differing": comparison.differing[name]}
            for name, count in sorted(comparison.compared.items())
        },
        "histories": [_history_as_json(finding) for finding in comparison.findings],
        "unstable": comparison.unstable,
        "notes": comparison.notes,
        "seconds": round(comparison.seconds, 1),
    }
    redacted: dict[str, Any] = redact_values(plain)
    return redacted


def _table(comparison: DeploymentComparison) -> str:
    width = max(map(len, [*comparison.compared, OTHER_PATHS]))
    names = sorted(comparison.compared, key=lambda name: (name == OTHER_PATHS, name.partition(" ")[2]))
    rows = [(name, comparison.compared[name], comparison.differing[name]) for name in names]
    rows.append(("all", comparison.total, comparison.differing.total()))
    lines = [f"{name:{width}}  {compared:8d}  {differing or '.':>9}" for name, compared, differing in rows]
    return "\n".join([f"{'':{width}}  compared  different", *lines])


def _history(finding: DifferingHistory, names: tuple[str, str]) -> Iterator[str]:
    yield f"The smallest history with different responses ({finding.origin}):"
    yield ""
    yield f"   A  {names[0]}"
    yield f"   B  {names[1]}"
    yield f"   a={names[0] if '://' in names[0] else 'http://localhost:8080'}"
    for number, each in enumerate(finding.steps, start=1):
        yield ""
        if "poll" in each.step or "observe" in each.step:
            yield f"{number}  until {_goal(each.step)}"
        yield f"{number}  {curl(each)}"
    last = finding.steps[-1]
    yield f"   A  {_response(last.one)}"
    yield f"   B  {_response(last.other)}"
    yield ""
    for difference in sorted(last.differences, key=status_first)[:_DIFFERENCES]:
        yield f"   {difference.pointer}: A {shown(difference.old)}, B {shown(difference.new)}"
    if len(last.differences) > _DIFFERENCES:
        yield f"   and {len(last.differences) - _DIFFERENCES} more"


def curl(each: ComparedStep) -> str:
    """Return the curl command for a step, with the URL in the shell variable `a`.

    Variables that stand for random ids are replaced by fixed ids, other variables by `<name>`.
    """
    request: Mapping[str, Any] = map_texts(each.step["request"], _filled)
    headers: dict[str, str] = dict(request.get("headers", {}))
    body = body_of(request, headers)
    line = Request(request["method"], _BASE, request["path"], headers, body).curl()
    return re.sub(rf"'?{re.escape(_BASE)}([^\s']*)'?", r'"$a\1"', line)


def _filled(text: str) -> str:
    return re.sub(r"\{\{(\w+)\}\}", r"<\1>", _FRESH.sub(lambda found: _id(found[1]), text))


def _id(name: str) -> str:
    """Return a job id with 18 digits, which depends only on the name."""
    return f"9{int.from_bytes(name.encode()[-7:].rjust(7, b'0')) % 10**17:017d}"


def _goal(step: Mapping[str, Any]) -> str:
    until = step.get("poll", {}).get("until", step.get("observe"))
    wanted = {word: until[word] for word in ("equals", "in", "notIn") if word in until}
    return f"{until['pointer']} {' '.join(f'{word} {canonical(value)}' for word, value in wanted.items())}"


def _response(exchange: Mapping[str, Any]) -> str:
    if "status" not in exchange:
        return canonical(exchange)
    body = exchange["body"]
    kind = exchange["headers"].get("Content-Type", "no content type")
    return f"{exchange['status']} [{kind}] {cut(canonical(body.get('value', body)), _BODY)}"


def _line(comparison: DeploymentComparison, finding: DifferingHistory) -> str:
    last = finding.steps[-1]
    more = f" and {len(last.differences) - 1} more" if len(last.differences) > 1 else ""
    first = min(last.differences, key=status_first)
    note = "" if finding.repeated else "  (not repeated, because time was over)"
    where = f"  {operation_of(comparison.contract, last)}, {finding.origin}{note}"
    return f"{where}\n      {first.pointer}: A {cut(shown(first.old), 60)}, B {cut(shown(first.new), 60)}{more}"


def _remarks(comparison: DeploymentComparison) -> Iterator[str]:
    yield from comparison.notes
    if comparison.unstable:
        yield f"different once, but not when repeated: {', '.join(comparison.unstable)}"


def _conclusion(comparison: DeploymentComparison, names: tuple[str, str]) -> str:
    differing = f"{comparison.differing.total()} of " if comparison.differing.total() else ""
    histories = f"{comparison.recorded} recorded and {comparison.generated} generated histories"
    size = f"{differing}{comparison.total} responses in {histories}"
    if comparison.findings and not comparison.decided:
        verdict = f"{names[0]} and {names[1]} responded differently, but there was no time to repeat a difference"
    elif comparison.findings:
        verdict = f"{names[0]} and {names[1]} differ"
    elif comparison.interrupted and comparison.differing.total():
        verdict = f"{names[0]} and {names[1]} responded differently, but the comparison was interrupted"
    elif comparison.interrupted:
        verdict = f"no difference between {names[0]} and {names[1]} was found before the interruption"
    elif comparison.decided:
        verdict = f"{names[0]} and {names[1]} respond alike"
    else:
        verdict = f"It is undecided whether {names[0]} and {names[1]} differ"
    return f"{verdict}: {size}, {comparison.seconds:.0f} s."


def _history_as_json(finding: DifferingHistory) -> dict[str, Any]:
    last = finding.steps[-1]
    return {
        "origin": finding.origin,
        "repeated": finding.repeated,
        "steps": [dict(each.step) for each in finding.steps],
        "a": dict(last.one),
        "b": dict(last.other),
        "differences": [
            {"pointer": each.pointer, "a": _value(each.old), "b": _value(each.new)} for each in last.differences
        ],
    }


def _value(value: Any) -> Any:
    return {"absent": True} if value is ABSENT else {"value": value}
