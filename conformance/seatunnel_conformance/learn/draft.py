"""Writes the draft: an overlay in the format of this project, and the recording that is its evidence."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.learn.differences import LearnedDifference
from seatunnel_conformance.learn.samples import Sample
from seatunnel_conformance.learn.trials import step_of
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_openapi import JsonObject
from seatunnel_openapi.documents import to_yaml

_TITLES: Final = {
    "case": "Names of members, and envelopes of lists.",
    "envelope": "Names of members, and envelopes of lists.",
    "renamed": "Names of members, and envelopes of lists.",
    "operation": "Operations.",
    "added": "Operations.",
    "new": "Members and types.",
    "missing": "Members and types.",
    "type": "Members and types.",
    "fact": "Facts.",
    "clause": "Clauses.",
}
_WIDTH: Final = 120


@dataclass(frozen=True, slots=True)
class Draft:
    """An overlay that is being drafted. `base` is the nearest release, `version` the version that is reported."""

    name: str
    base: str
    version: str

    def overlay(self, stated: Sequence[LearnedDifference], faults: Sequence[LearnedDifference] = ()) -> str:
        """Return the text of the overlay, with the suspected faults as comments."""
        head = (
            f"# Drafted by `seatunnel-v2 learn` from a deployment that is most like {self.base}. Read each action, edit"
            "\n# descriptions and names, and remove actions that don't describe the release.\n"
            f"overlay: 1.0.0\ninfo:\n  title: {json.dumps(self.name)}\n  version: 0.1.0\n"
            "extends: ../seatunnel-v2.yaml\n"
        )
        after = "" if self.base == "documented" else f"x-after: {json.dumps(self.base)}\n"
        versions = f"x-versions: [{json.dumps(self.version)}]\n" if self.version else ""
        title = {"target": "$", "update": {"info": {"title": f"Apache SeaTunnel REST API V2, {self.name}"}}}
        first = self._action(title, f"The document describes {self.name}.", "get-overview/plain/send", "certain")
        blocks = [head + after + versions + "\nactions:\n" + first]
        order = list(dict.fromkeys(_TITLES.values()))
        before = ""
        for it in sorted(stated, key=lambda it: order.index(_TITLES[it.kind])):
            heading = f"\n  # {_TITLES[it.kind]}\n\n" if _TITLES[it.kind] != before else ""
            before = _TITLES[it.kind]
            blocks.append(heading + "".join(self._actions(it)))
        for reason in dict.fromkeys(it.fault for it in faults):
            lead = f"Each of these actions is a suspected fault: {reason}. Uncomment those that are intended."
            blocks.append("\n" + _commented(textwrap.fill(lead, _WIDTH - 4)))
            blocks += ["\n" + _commented("".join(self._actions(it))) for it in faults if it.fault == reason]
        return "".join(blocks)

    def _actions(self, it: LearnedDifference) -> Iterator[str]:
        for action in it.actions:
            yield self._action(action, it.text, it.step, it.confidence)

    def _action(self, action: JsonObject, text: str, step: str, confidence: str) -> str:
        change: JsonObject = {name: action[name] for name in ("update", "remove") if name in action}
        lines = to_yaml({"target": action["target"], "description": text, **change}).rstrip("\n")
        lines += "" if confidence == "certain" else f"\nx-confidence: {confidence}"
        lines += f'\nx-evidence: {{how: recorded, ref: "recordings/{self.name}.ndjson#{step}"}}'
        return "  - " + textwrap.indent(lines, "    ").lstrip() + "\n"


def _commented(text: str) -> str:
    return "".join(f"  # {line.removeprefix('  ')}".rstrip() + "\n" for line in text.splitlines())


def recording(name: str, samples: Iterable[Sample], outcomes: Iterable[Outcome]) -> str:
    """Return the recording, a line of JSON for each sample and for the last exchange of each outcome."""
    steps = {sample.step: sample.recorded(name) for sample in samples}
    steps |= {step_of(it): _line(name, it) for it in outcomes if it.exchanges}
    return "".join(f"{line}\n" for line in steps.values())


def _line(name: str, outcome: Outcome) -> str:
    exchange = outcome.exchanges[-1]
    area, _, scenario = outcome.id.partition(".")
    path = "/" + exchange.url.partition("://")[2].partition("/")[2]
    step = {"id": "send", "request": {"method": exchange.method, "path": path}}
    body: dict[str, Any] = {"kind": "text", "value": exchange.body}
    shown = {"status": exchange.status, "headers": dict(exchange.headers), "body": body, "note": {}}
    record = {"release": name, "area": area, "scenario": scenario, "keepAlive": False, "step": step, "exchange": shown}
    return json.dumps(record, ensure_ascii=False)


def recording_beside(overlay: Path) -> Path:
    """Return the path of the recording for a draft: the same name with the extension `.ndjson`."""
    return overlay.with_suffix(".ndjson")
