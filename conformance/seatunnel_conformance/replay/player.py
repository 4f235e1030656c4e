"""Plays scenarios on a target: fills in variables, sends requests, polls, and stops the jobs of the scenarios."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, TypeVar

from seatunnel_conformance.arrange.failover import MasterNotStopped, master_of
from seatunnel_conformance.arrange.leftovers import ENDING, is_alive, is_stopped, stop_left
from seatunnel_conformance.errors import Inconclusive, LimitReached
from seatunnel_conformance.observe.forms import JobForms
from seatunnel_conformance.replay.normalise import Normaliser
from seatunnel_conformance.replay.recording import STOPS_MASTER, RecordedStep, Scenario
from seatunnel_conformance.replay.sender import NoResponse, Sender, body_of, json_of
from seatunnel_conformance.target.ambiguity import NotOneRequest, named_ids
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import READING, Response
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.text.differences import resolve
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_conformance.text.visible import replaced

_LONG: Final = re.compile(r"\d{12,18}")
_NAME: Final = re.compile(r"(?!SeaTunnel)[\w-]", re.ASCII)
"""Matches the first character of a job name that gets a prefix. Engines replace their default names."""
_NAME_IN_QUERY: Final = re.compile(rf"(?<=[?&]jobName=)(?={_NAME.pattern})", re.ASCII)


@dataclass(slots=True)
class Aliases:
    """Replaces the job names and ids of scenarios, so that requests can't affect foreign jobs of a target.

    Job names get the run's prefix. Literal ids with 12 to 18 digits become random ids. In responses, both are replaced
    back before the comparison. Other ids stay, because the response can depend on their length. Before the player sends
    them, it looks them up.
    """

    own: OwnIds
    ids: dict[str, str] = field(default_factory=dict)

    def outgoing(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request with replaced names and ids."""
        for job_id in ids_in(request) - self.own.generated - self.ids.keys():
            if _LONG.fullmatch(job_id):
                self.ids[job_id] = self.own.generate()
        named = self._named(request) if request["path"].startswith("/submit-job") else request
        sent: dict[str, Any] = json.loads(replaced(json.dumps(named), self.ids))
        return sent

    def incoming(self, response: Response) -> Response:
        """Return a response with the names and ids of the scenario."""
        back = {alias: job_id for job_id, alias in self.ids.items()} | {self.own.prefix: ""}

        def plain(text: str) -> str:
            return replaced(text, back)

        fields = [(name, plain(value)) for name, value in response.fields]
        return replace(response, fields=fields, body=plain(response.body.decode("latin-1")).encode("latin-1"))

    def _named(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Put the run's prefix before job names, except for special names such as the default name."""
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
    """Return a job or a list of jobs with every job replaced by `change(job)`."""
    if isinstance(document, list):
        return [_changed(item, change) for item in document]
    return change(document) if isinstance(document, Mapping) else document


_VARIABLE: Final = re.compile(r"\{\{([\w.-]+)\}\}")
_FRESH_ID: Final = "fresh.id."
_NO_ID: Final = "a-variable-"
"""Replaces a variable in a request, so that the text around it is not taken for an id."""
_SOME_ID: Final = "123456789012345679"
_LONGEST_WAIT: Final = 30.0
"""The maximum number of seconds that a step waits before its request."""
_INTERVAL: Final = 0.02
"""Seconds between two polls."""
_END: Final = ("finishTime", "finishedTime")
"""The names of the member with the end time: that of engines, and that of the documentation."""


_Exchange = TypeVar("_Exchange", dict[str, Any], dict[str, Any] | None)


class StepNotPlayable(Exception):
    """A step can't be played: a variable has no value, or the response lacks the value to capture."""


@dataclass
class Player:
    """Plays scenarios on one target.

    `fresh` has the values of the variables `fresh.id.…`, which are random ids. `job_ids` has these and the ids that the
    target has returned. `patience` is the maximum number of seconds that a step polls. `pace` is the factor by which
    time passes faster on the target than on an engine. Pauses are divided by `pace`. `redactor` is by default that of
    the connection. With `forms`, a poll for the end time of a job ends early if the job is unknown, or has ended but is
    still shown in the running form.
    """

    sender: Sender
    fresh: dict[str, str] = field(default_factory=dict)
    job_ids: set[str] = field(default_factory=set)
    patience: float = math.inf
    pace: float = 1.0
    redactor: Redactor | None = None
    forms: JobForms | None = None
    aliases: Aliases = field(init=False)

    def __post_init__(self) -> None:
        self.aliases = Aliases(self.sender.guard.own)

    def play(self, scenario: Scenario) -> Iterator[tuple[RecordedStep, dict[str, Any]]]:
        """Yield each step with the normalised exchange of the target, or with `{"error": …}`.

        The recorded exchange and that of the target are redacted: a target may echo secrets, and a secret that is a
        common word must make no difference. Raises `ForeignJob` before a request is sent that could affect one.
        """
        captured: dict[str, str] = {}
        with closing(self.sender):
            self._require_no_foreign_jobs(scenario)
            for recorded in scenario.steps:
                self.sender.pause(min(recorded.step.get("wait", 0), _LONGEST_WAIT) / self.pace)
                got = self._played(recorded, captured, keep=scenario.keeps_connection)
                yield replace(recorded, exchange=self._redacted(recorded.exchange)), self._redacted(got)

    def _redacted(self, exchange: _Exchange) -> _Exchange:
        """Return an exchange with redacted values; the names of its own members stay."""
        redactor = self.sender.wire.redactor if self.redactor is None else self.redactor
        if exchange is None or not redactor.secrets:
            return exchange
        return {
            part: {name: redactor.json(inner) for name, inner in value.items()}
            if isinstance(value, dict)
            else redactor.json(value)
            for part, value in exchange.items()
        }

    def _played(self, recorded: RecordedStep, captured: dict[str, str], *, keep: bool) -> dict[str, Any]:
        try:
            return self._step(self._filled(recorded.step, captured), captured, keep=keep)
        except (StepNotPlayable, NoResponse, NotOneRequest, MasterNotStopped) as problem:
            return {"error": str(problem)}

    def _require_no_foreign_jobs(self, scenario: Scenario) -> None:
        """Look up the literal ids of a scenario. Raises `ForeignJob` if one is the id of a foreign job, even for reads.

        Also raises it while the target shows foreign jobs, if requests of the scenario could affect any of them.
        """
        named, written, guard = set[str](), set[str](), self.sender.guard
        for recorded in scenario.steps:
            raw = json.dumps(recorded.step["request"])
            request = json.loads(_VARIABLE.sub(_NO_ID, raw))
            ids = ids_in(self.aliases.outgoing(request)) - guard.own.generated
            named |= ids
            if request["method"] not in READING:
                written |= ids
                request = json.loads(_VARIABLE.sub(_SOME_ID, raw))
                guard.require_certain(request["path"], body_of(request, {}))
        for job_id in sorted(named):
            if job_id in written:
                self.sender.guard.require_nameable(job_id)
            else:
                self.sender.guard.require_not_shown(job_id)

    def _filled(self, step: Mapping[str, Any], captured: Mapping[str, str]) -> dict[str, Any]:
        raw = json.dumps({key: step[key] for key in ("request", "poll") if key in step})
        # A captured value is escaped as JSON, so whatever the target has sent, it adds no member to the request.
        filled = _VARIABLE.sub(lambda found: json.dumps(self._value(found[1], captured))[1:-1], raw)
        return {**step, **json.loads(filled)}

    def _value(self, name: str, captured: Mapping[str, str]) -> str:
        if name.startswith(_FRESH_ID) and name not in self.fresh:
            self.fresh[name] = self.sender.guard.own.generate()
            self.job_ids.add(self.fresh[name])
        value = captured.get(name) or self.fresh.get(name)
        if value is None:
            raise StepNotPlayable(f"variable {name} was not captured")
        return value

    def _step(self, step: Mapping[str, Any], captured: dict[str, str], *, keep: bool) -> dict[str, Any]:
        number = int(step.get("node", 1))
        if number > len(self.sender.nodes):
            raise StepNotPlayable(f"the step is for node {number} of the cluster; --node gives its address")
        node = self.sender.nodes[number - 1]
        if step.get(STOPS_MASTER):
            self._stop_master()
        response, seen, good = self._asked(node, step, keep=keep)
        for name, pointer in step.get("capture", {}).items():
            value = resolve(json_of(response), pointer)
            if value is None:
                raise StepNotPlayable(f"nothing to capture at {pointer}, HTTP {response.status}")
            captured[name] = str(value)
            if str(value).isdecimal():
                self.job_ids.add(str(value))
                # A claimed job is only stopped if the target shows it under the run's name.
                self.sender.guard.own.claimed |= (
                    {str(value)} if step["request"]["path"].startswith("/submit") else set()
                )
        exchange = Normaliser(node.authority, node.context, {**self.fresh, **captured}, step).exchange(response)
        exchange |= {} if good else {"timedOut": True}
        exchange |= {"connection": "close" if response.closes else "keep-alive"} if keep else {}
        return exchange | ({"observed": _observed(seen, step["observe"]["order"])} if "observe" in step else {})

    def _stop_master(self) -> None:
        """Stop the master of the cluster. Raises `StepNotPlayable` if there is no command for that."""
        if self.sender.to.stop_master is None:
            raise StepNotPlayable("the step stops the master of the cluster; --kill-command gives a command for that")
        members = self.sender.send({"method": "GET", "path": "/system-monitoring-information"}, keep=False)
        self.sender.to.stop_master(master_of(json_of(members)))

    def _asked(self, node: Sender, step: Mapping[str, Any], *, keep: bool) -> tuple[Response, list[Any], bool]:
        """Send the request of a step to a node until the response has the expected value, or time is over.

        Return the last response, the different values that were seen, and whether the expected one was seen.
        """
        goal = step.get("poll") or step.get("observe") or {"timeoutSeconds": 0, "notIn": []}
        until, end = goal.get("until", goal), time.monotonic() + min(goal["timeoutSeconds"], self.patience)
        seen: list[Any] = []
        sent = self.aliases.outgoing(step["request"])
        while True:
            response = self.aliases.incoming(node.send(sent, keep=keep))
            state = resolve(json_of(response), until.get("pointer", ""))
            good = _is_wanted(state, until)
            is_last = good or time.monotonic() > end or self._is_in_vain(goal, json_of(response))
            # Some releases answer with an error until a job is scheduled: that value is not an observation.
            if seen[-1:] != [state] and (is_last or response.status < HTTPStatus.INTERNAL_SERVER_ERROR):
                seen.append(state)
            if is_last:
                return response, seen, good
            time.sleep(_INTERVAL)

    def _is_in_vain(self, goal: Mapping[str, Any], document: Any) -> bool:
        name = awaited_member(goal)
        if self.forms is None or name not in _END or not isinstance(document, dict):
            return False
        return not self.forms.shows_job(document) or self.forms.comes_later(document, name)


def awaited_member(goal: Mapping[str, Any]) -> str:
    """Return the name of the member that a step polls for; empty if it polls for the whole response."""
    return str(goal.get("until", goal).get("pointer", ""))[1:]


def _is_wanted(state: Any, until: Mapping[str, Any]) -> bool:
    if "notIn" in until:
        return state not in until["notIn"]
    return state in until.get("in", [until.get("equals")])


def _observed(seen: list[Any], order: list[Any]) -> dict[str, Any]:
    """Return the last value that was seen, and whether all values came in this order. A nested list has no order."""
    groups = [group if isinstance(group, list) else [group] for group in order]
    places = [next((at for at, group in enumerate(groups) if state in group), -1) for state in seen]
    return {"last": seen[-1], "inOrder": -1 not in places and places == sorted(places)}


def stop_own_jobs(player: Player, seconds: float = ENDING, stopped: Collection[str] = ()) -> list[str]:
    """Stop the running jobs of a player, within the time for the cleanup. Return the ids of those that may still run.

    `seconds` is the maximum time to wait for their ends, and `stopped` has the ids of jobs that an earlier call has
    stopped. The jobs of a player have ids that it has sent, or that the target has generated and shows under the run's
    name.
    """
    sender, own, ids = player.sender, player.sender.guard.own, player.sender.guard.own.named
    target = Target(sender.to.url, allow_writes=True, own=own, _wire=sender.wire)
    with sender.to.governor.cleanup(), closing(sender):
        left = [job_id for job_id in sorted(ids.difference(stopped)) if not _is_over(target, job_id)]
        if own.submits and sender.to.governor.ended is None:
            with contextlib.suppress(Inconclusive):
                left += stop_left(target, ids, seconds).left
    return list(dict.fromkeys(left))


def put_tags(player: Player, tags: Mapping[str, str]) -> None:
    """Set the tags of every node if the player has changed tags. Nodes that don't respond are skipped."""
    own = player.sender.guard.own
    own.tags = dict(tags)
    request = {"method": "POST", "path": "/update-tags", "json": dict(tags)}
    for node in player.sender.nodes if own.tagged else ():
        with contextlib.suppress(NoResponse, LimitReached), player.sender.to.governor.cleanup():
            node.send(request, keep=False)


def _is_over(target: Target, job_id: str) -> bool:
    """Stop a job if it runs. Return whether it has ended, is unknown, or was stopped."""
    try:
        return not is_alive(target, job_id) or is_stopped(target, job_id)
    except Inconclusive:
        return False
