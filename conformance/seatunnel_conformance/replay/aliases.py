"""Replaces the job names and ids of a scenario, so that it can't affect foreign jobs.

Job names get the run's prefix. Literal ids that are as long as an engine's become random ids of the run. In responses
both are replaced back before the comparison. Short ids are not replaced, because the response can depend on their
length: they are looked up before they are sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from seatunnel_conformance.replay.sender import ReplayResponse, body_of
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.job_ids import named_ids

_LONG: Final = re.compile(r"\d{12,18}")
_NAME: Final = re.compile(r"(?!SeaTunnel)[\w-]", re.ASCII)
"""The first character of a name without a special meaning; the engine replaces its default names."""
_NAME_IN_QUERY: Final = re.compile(rf"(?<=[?&]jobName=)(?={_NAME.pattern})", re.ASCII)


@dataclass(slots=True)
class Aliases:
    """The ids of scenarios and their replacements on one target."""

    own: OwnIds
    ids: dict[str, str] = field(default_factory=dict)

    def outgoing(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request with replaced names and ids."""
        for job_id in ids_in(request) - self.own.generated - self.ids.keys():
            if _LONG.fullmatch(job_id):
                self.ids[job_id] = self.own.generate()
        named = self._named(request) if request["path"].startswith("/submit-job") else request
        sent: dict[str, Any] = json.loads(_replaced(json.dumps(named), self.ids))
        return sent

    def incoming(self, response: ReplayResponse) -> ReplayResponse:
        """Return a response with the names and ids of the scenario."""
        back = {alias: job_id for job_id, alias in self.ids.items()} | {self.own.prefix: ""}

        def plain(text: str) -> str:
            return _replaced(text, back)

        headers = {name: plain(value) for name, value in response.headers.items()}
        return replace(response, headers=headers, body=plain(response.body.decode("latin-1")).encode("latin-1"))

    def _named(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Put the run's prefix before job names, except names with a special meaning."""
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


def ids_in(request: Mapping[str, Any]) -> frozenset[str]:
    """Return the job ids that a request of a scenario names."""
    return named_ids(request["path"], body_of(request, {}))


def _changed(document: Any, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
    """Return a document, which is a job or a list of jobs, with every job changed."""
    if isinstance(document, list):
        return [_changed(item, change) for item in document]
    return change(document) if isinstance(document, Mapping) else document


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text
