"""What stands in for the names and ids of a scenario where it is played, so that nobody's job is met there.

Jobs get the run's name before their own. Ids that a scenario writes out, and that are long enough to be an engine's,
become ids that the run has drawn. Responses are turned back before they are compared. Short ids stay, because what is
done with them can depend on their size: they are looked up before they are sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from seatunnel_conformance.replay.wire import Answer, body_of
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.job_ids import named_ids

_LONG: Final = re.compile(r"\d{12,18}")
_NAME: Final = re.compile(r"(?!SeaTunnel)[\w-]", re.ASCII)
"""How a name begins that means nothing to the engine: of its own defaults it takes another name."""
_NAME_IN_QUERY: Final = re.compile(rf"(?<=[?&]jobName=)(?={_NAME.pattern})", re.ASCII)


@dataclass(slots=True)
class Aliases:
    """The ids of scenarios and what stands in for them on one target."""

    own: OwnIds
    ids: dict[str, str] = field(default_factory=dict)

    def outgoing(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request as it is sent."""
        for job_id in ids_in(request) - self.own.drawn - self.ids.keys():
            if _LONG.fullmatch(job_id):
                self.ids[job_id] = self.own.draw()
        named = self._named(request) if request["path"].startswith("/submit-job") else request
        sent: dict[str, Any] = json.loads(_replaced(json.dumps(named), self.ids))
        return sent

    def incoming(self, answer: Answer) -> Answer:
        """Return a response as if the request had been sent as the scenario has it."""
        back = {alias: job_id for job_id, alias in self.ids.items()} | {self.own.prefix: ""}

        def plain(text: str) -> str:
            return _replaced(text, back)

        headers = {name: plain(value) for name, value in answer.headers.items()}
        return replace(answer, headers=headers, body=plain(answer.body.decode("latin-1")).encode("latin-1"))

    def _named(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Put the run's name before those of jobs; a name that begins oddly stays what it is."""
        named = {**request, "path": _NAME_IN_QUERY.sub(self.own.prefix, request["path"])}
        if "json" in request:
            named["json"] = _changed(request["json"], self._named_job)
        return named

    def _named_job(self, job: Mapping[str, Any]) -> dict[str, Any]:
        parts = {"params": "jobName", "env": "job.name"}
        found = {part: job[part] for part in parts if isinstance(job.get(part), Mapping)}
        return {**job, **{part: self._renamed(members, parts[part]) for part, members in found.items()}}

    def _renamed(self, members: Mapping[str, Any], key: str) -> dict[str, Any]:
        name = members.get(key)
        is_plain = isinstance(name, str) and _NAME.match(name)
        return {**members, key: f"{self.own.prefix}{name}"} if is_plain else dict(members)


def ids_in(request: Mapping[str, Any]) -> set[str]:
    """Return the job ids that a request of a scenario names."""
    return named_ids(request["path"], body_of(request, {}))


def _changed(document: Any, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
    """Return a document with every job in it changed: it is one, or a list of some."""
    if isinstance(document, list):
        return [_changed(item, change) for item in document]
    return change(document) if isinstance(document, Mapping) else document


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text
