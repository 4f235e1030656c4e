"""Recordings: the steps of scenarios with the responses of an engine. This package has recordings of several releases.

A run of the suite only plays scenarios that have the same responses on a deployment with other users.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.replay.sender import Address, raw_request
from seatunnel_conformance.target.ambiguity import NotOneRequest
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import find, label
from seatunnel_openapi import Contract, UnknownRelease, overlays
from seatunnel_openapi.contract import Operation
from seatunnel_openapi.files import parse_json, read_lines

STOPS_MASTER: Final = "stop-master"
"""The member of a step that requires to stop the master of the cluster before its request."""

_WITH_CONTEXT_PATH: Final = "context-path"
"""The area of the scenarios that were recorded on an engine with a context path."""

_TAGS_PATH: Final = "/update-tags"


class BrokenRecording(InvalidSettings):
    """A file is not a valid recording."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step of a scenario, and its recorded exchange; None if the step only prepares others."""

    step: dict[str, Any] = field(repr=False)
    exchange: dict[str, Any] | None = field(repr=False)

    @property
    def id(self) -> str:
        """The step's name within its scenario."""
        return str(self.step["id"])


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named sequence of steps. With `keeps_connection`, all requests are sent over one connection."""

    area: str
    name: str
    keeps_connection: bool
    steps: tuple[RecordedStep, ...] = field(repr=False)

    @property
    def full_name(self) -> str:
        """The name with the area: `stop-job/unknown-id`."""
        return f"{self.area}/{self.name}"

    @property
    def touches_tags(self) -> bool:
        """Whether a step requests `/update-tags`, with any method: a deployment may ignore the method."""
        return any(each.step["request"]["path"].startswith(_TAGS_PATH) for each in self.steps)


@dataclass(frozen=True, slots=True)
class Recording:
    """All scenarios of a file."""

    scenarios: tuple[Scenario, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a recording, which has a JSON object in each line. Raises `BrokenRecording` and `UnusableFile`."""
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        try:
            for number, line in enumerate(map(parse_json, read_lines(path)), start=1):
                if not _is_step(line):
                    raise BrokenRecording(str(path), f"not a recording: line {number} is not a step of a scenario")
                raw_request(line["step"]["request"], dict(line["step"]["request"].get("headers", {})))
                groups.setdefault((line["area"], line["scenario"]), []).append(line)
            return cls(tuple(_scenario(*key, lines) for key, lines in groups.items()))
        except (ValueError, LookupError, TypeError, AttributeError) as problem:
            raise BrokenRecording(str(path), f"not a recording: {problem}") from None
        except NotOneRequest as problem:
            raise BrokenRecording(str(path), f"{line['area']}/{line['scenario']}: {problem}") from None

    @property
    def nodes(self) -> int:
        """The number of nodes that the steps need."""
        return max((int(step.step.get("node", 1)) for scenario in self.scenarios for step in scenario.steps), default=1)

    @property
    def stops_master(self) -> bool:
        """Whether a step stops the master of the cluster."""
        return any(step.step.get(STOPS_MASTER) for scenario in self.scenarios for step in scenario.steps)

    def only(self, glob: str) -> Self:
        """Return the scenarios whose `area/name` matches a pattern."""
        return type(self)(tuple(it for it in self.scenarios if fnmatchcase(it.full_name, glob)))

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self.scenarios)


def _is_step(line: Any) -> bool:
    match line:
        case {
            "area": str(),
            "scenario": str(),
            "step": {"id": str(), "request": {"method": str(), "path": str()}},
            "exchange": dict() | None,
        }:
            return True
    return False


def _scenario(area: str, name: str, lines: list[dict[str, Any]]) -> Scenario:
    steps = tuple(RecordedStep(line["step"], line["exchange"]) for line in lines)
    return Scenario(area, name, bool(lines[0].get("keepAlive")), steps)


def recorded_releases() -> tuple[str, ...]:
    """Return the releases that have a recording, the oldest first."""
    return tuple(one.name for one in overlays() if (recordings_folder() / f"{one.name}.ndjson").is_file())


def bundled(release: str) -> Recording:
    """Return the recording of a release, or of a release in a special set-up. Raises `BrokenRecording`."""
    file = recordings_folder() / f"{release}.ndjson"
    if not file.is_file():
        known = ", ".join(recorded_releases())
        raise BrokenRecording(f"release {release!r}", f"there is no recording of it; there are those of {known}")
    return Recording.load(file)


def scenarios_for(release: str) -> Recording:
    """Return the recording to play for a release: its own, or that of the nearest earlier release with a recording.

    An unknown release gets the newest recording. A release that is older than all recorded ones gets the oldest.
    """
    try:
        chain = overlays(release)
    except UnknownRelease:
        chain = overlays()
    recorded = recorded_releases()
    suitable = [overlay.name for overlay in chain if overlay.name in recorded]
    return bundled(suitable[-1] if suitable else recorded[0])


def recordings_folder() -> Path:
    """Return the folder of the recordings: in an installed package, or next to it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "recordings"
    return installed if installed.is_dir() else package.parent / "recordings"


LEFT_OUT: Final = {
    "http-semantics/bad-requests": "it sends what no HTTP library sends",
    "http-semantics/expect-continue": "it is not checked over a network, where a proxy can change the result",
    "http-semantics/http-1-0": "it uses another version of HTTP than the suite's connections",
    "http-semantics/keep-alive*": "it is about a single connection, which a proxy can end",
    "http-semantics/path-forms": "it is not checked over a network, where a proxy can change the result",
    "http-semantics/big-bodies": "it sends megabytes",
    "submit-job/one-megabyte-comment-field": "it sends megabytes",
    "submit-job/name-raw-utf8-query": "it sends what no HTTP library sends",
    "submit-job/save-mode-fails": "it writes a file on the node",
    "submit-job/row-num-*-never-ends": "it runs a job that moves rows without end",
    "get-all-log-name/own": "it depends on how the target writes its logs",
    "log/list": "it depends on how the target writes its logs",
    "log/server-log": "it depends on how the target writes its logs",
    "logs/own-job": "it depends on how the target writes its logs",
    "logs/server-log": "it depends on how the target writes its logs",
    "logs/slash": "it depends on how the target writes its logs",
    "logs/traversal": "it depends on how the target writes its logs",
    "metrics/*": "it depends on whether the target's telemetry is enabled",
    "overview/slots-while-running": "it depends on the target's slots and on other jobs",
}
"""The scenarios that runs of the suite don't play: the reasons by globs of names."""

STEPS_LEFT_OUT: Final = {
    "http-semantics/unknown-route/favicon": "deployments with the engine's UI have a favicon",
    "running-jobs/own-streaming-job/query-noise": "releases with pages show one job, perhaps that of another user",
    "submit-job/savepoint-finished-batch/state": "engines count the rows of either both runs or one run",
}
"""Single steps that runs of the suite don't play, each with the reason."""

_OTHERS_TAGS: Final = "other nodes of the cluster may have the same tags"
_NOT_THE_MASTER: Final = "members other than the master answer this stop differently (stop-job.savepoint-at-worker)"

_ONE_NODE: Final = {
    "update-tags/happy-path-and-effect": _OTHERS_TAGS,
    "update-tags/utf8-tag": _OTHERS_TAGS,
    "update-tags/value-types": _OTHERS_TAGS,
    "stop-job/finished-job": _NOT_THE_MASTER,
    "stop-job/unknown-id": _NOT_THE_MASTER,
    "stop-job/savepoint-batch": _NOT_THE_MASTER,
}
"""Scenarios that are only played on clusters with a single member, each with the reason."""

_SLOW: Final = frozenset({"poll", "observe", "wait"})
"""The options of steps that may take seconds."""


@cache
def scenarios(release: str) -> tuple[Scenario, ...]:
    """Return the recorded scenarios of a release without `STEPS_LEFT_OUT`; empty if there is no recording."""
    try:
        found: Recording = bundled(release)
    except BrokenRecording:
        return ()
    return tuple(
        replace(one, steps=tuple(step for step in one.steps if f"{one.full_name}/{step.id}" not in STEPS_LEFT_OUT))
        for one in found
    )


@cache
def left_out(name: str) -> str | None:
    """Return the reason why runs don't play the scenario with this full name; None if they play it."""
    return next((why for glob, why in LEFT_OUT.items() if fnmatchcase(name, glob)), None)


def needs_one_node(scenario: Scenario) -> str:
    """Return the reason why a scenario needs a cluster with a single member; empty if it does not need one."""
    return _ONE_NODE.get(scenario.full_name, "")


def changes_the_target(scenario: Scenario) -> bool:
    """Return whether a scenario has requests that may change the target."""
    return any(request["method"] not in READING for request in _requests(scenario))


def sets_tags(scenario: Scenario) -> bool:
    """Return whether a scenario may change the tags of the node."""
    return any(request["method"] == "POST" and request["path"] == "/update-tags" for request in _requests(scenario))


def other_set_up(scenario: Scenario, recorded: RecordedStep, to: Address) -> str:
    """Return why the response to a step can't be compared on a target that is set up otherwise; empty if it can."""
    request = recorded.step["request"]
    if "authorization" in map(str.lower, request.get("headers", ())) and to.connection.sends("Authorization"):
        return "its requests have other credentials than those of the run"
    is_outside = request.get("absolute") or request["path"].startswith("/..")
    if is_outside and urlsplit(to.url).path.rstrip("/") and scenario.area != _WITH_CONTEXT_PATH:
        return "some of its requests leave the context path of the target"
    return ""


def starts_jobs(scenario: Scenario) -> bool:
    """Return whether a scenario submits jobs."""
    return any(request["path"].startswith("/submit-job") for request in _requests(scenario))


def reads_pages_of_jobs(scenario: Scenario) -> bool:
    """Return whether a scenario expects its own jobs on a page of a list, which jobs of others could fill."""
    return starts_jobs(scenario) and any("rows=" in request["path"] for request in _requests(scenario))


def is_quick(scenario: Scenario) -> bool:
    """Return whether a scenario starts no jobs and does not wait."""
    return not starts_jobs(scenario) and not any(_SLOW & step.step.keys() for step in scenario.steps)


def subject(scenario: Scenario, contract: Contract) -> tuple[str, Operation | None]:
    """Return the operation of a scenario, and its name for reports.

    The path of the operation is the area of the scenario, or that of the first compared request. For a request without
    an operation, return its method and path, and None.
    """
    for operation in contract.operations:
        fixed = [part for part in operation.path.split("/") if part and not part.startswith("{")]
        if "-".join(fixed) == scenario.area:
            return label(operation), operation
    first = next(step.step["request"] for step in scenario.steps if step.exchange is not None)
    path = first["path"].partition("?")[0]
    found, _ = find(contract, first["method"], path)
    if found and found.method == first["method"]:
        return label(found), found
    return f"{first['method']} {_TEMPLATE.sub('', path)}", None


_TEMPLATE: Final = re.compile(r"[^\x21-\x7e]|[{}]")


def _requests(scenario: Scenario) -> Iterator[dict[str, Any]]:
    return (step.step["request"] for step in scenario.steps)
