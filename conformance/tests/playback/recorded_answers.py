"""A server that answers as a recording does, where the recording has the answer: real engines, played back.

A request is looked up by what it asks (method, path, query, content type, body) with ids and names left out, and by how
far the job that it names has come: that is followed alike in the recorded scenarios and in what is submitted here. The
tokens of a recorded answer get values again, its variables the ids that are asked for. What no scenario has asked in
the same situation is answered with 599, and remembered in `missed`: nothing can be said about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from asgi import whole_body
from recorded import BODIES, SHOWN_AS_SHAPES

from seatunnel_conformance.arrange.configurations import ROWS
from seatunnel_conformance.replay import Recording
from seatunnel_conformance.replay.sender import body_of

NOT_RECORDED: Final = 599
OK: Final = 200

_VARIABLE: Final = re.compile(r"\{\{([\w.-]+)\}\}")
_ID: Final = re.compile(r"(?<![\w.+%-])\d{18}(?![\w.])")
_NAME: Final = re.compile(r"[\w-]+", re.ASCII)
_UNKNOWN: Final = "unknown"
_NEW: Final = "new"
_ENGINE: Final = {"workers": "1", "totalSlot": "0", "unassignedSlot": "0", "runningJobs": "0"}
"""What the recorded engines were: one node with slots as they are needed, on which nothing else ran."""
_ROWS: Final = 5
"""The rows of the recorded jobs, in whose place are those of the suite's jobs."""
_COUNT: Final = re.compile(rf'("\w+Count": (?:\{{"[^"]+": )?)"{_ROWS}"')
_SOURCE: Final = {
    "plugin_name": "FakeSource",
    "result_table_name": "fake",
    "row.num": ROWS,
    "schema": {"fields": {"name": "string", "age": "int"}},
}
_SINK: Final = {"plugin_name": "Console", "source_table_name": "fake"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the look-up sees it: recorded, with variables, or sent, with ids."""

    method: str
    target: str
    kind: str
    accept: str
    body: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids or variables that the request names, each once and in their order."""
        return tuple(dict.fromkeys(_ID.findall(f"{self.target} {self.body}")))

    @property
    def configs(self) -> list[Any]:
        """The items of the body, which may be a list or a single one; none where it is no JSON."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return []
        return document if isinstance(document, list) else [document]

    @property
    def name(self) -> str:
        """The name that a submission gives its only job."""
        return dict(parse_qsl(urlsplit(self.target).query)).get("jobName", "")

    def key(self, jobs: Mapping[str, str]) -> str:
        """Return what the request asks, with the state of each job that it names in the place of its id."""
        parts = urlsplit(self.target)
        query = sorted(parse_qsl(parts.query, keep_blank_values=True))
        named = [(name, "<name>" if name == "jobName" and _NAME.fullmatch(value) else value) for name, value in query]
        body = [_simplified(item) for item in self.configs] or self.body
        asked = [self.method, parts.path, named, self.kind, self.accept, body, self.body[:1] == "["]
        return _ID.sub(lambda found: f"<{jobs.get(found[0], _UNKNOWN)}>", json.dumps(asked, sort_keys=True))


def _simplified(item: Any) -> Any:
    """Return an item of a body: a plain job by its mode alone, and without what is left to its documented default."""
    if not isinstance(item, dict):
        return item
    if mode := mode_of(item):
        return {"mode": mode, **({"params": _nameless(item["params"])} if "params" in item else {})}
    return {name: value for name, value in item.items() if (name, value) != ("isStopWithSavePoint", False)}


def _nameless(params: Any) -> Any:
    """Return the parameters of a job without its name, if that is a word to which nothing can happen."""
    is_named = isinstance(params, dict) and _NAME.fullmatch(str(params.get("jobName", "")))
    return params | {"jobName": "<name>"} if is_named else params


def mode_of(config: Any) -> str:
    """Return the mode of the plain job that suite and scenarios share, empty for any other configuration."""
    if not isinstance(config, dict) or set(config) - {"params", "transform"} != {"env", "source", "sink"}:
        return ""
    env, plugins = config["env"], (config["source"], config["sink"], config.get("transform", []))
    if not (isinstance(env, dict) and set(env) <= {"job.mode", "parallelism", "checkpoint.interval"}):
        return ""
    shared = ([_SOURCE], [_SINK], [])
    return str(env.get("job.mode", "")).upper() if [_renamed(each) for each in plugins] == [*shared] else ""


def _renamed(plugins: Any) -> Any:
    """Return plugins with the older names of the options for tables, a single table as text, and the suite's rows."""
    text = json.dumps(plugins)
    replaced = {
        "plugin_output": "result_table_name",
        "plugin_input": "source_table_name",
        '["fake"]': '"fake"',
        f'"row.num": {_ROWS}': f'"row.num": {ROWS}',
    }
    for old, new in replaced.items():
        text = text.replace(old, new)
    return json.loads(text)


def follow(asked: Asked, status: int, jobs: dict[str, str]) -> None:
    """Note what becomes of the jobs that a request names. Of one that was refused it is not clear what became of it."""
    path = urlsplit(asked.target).path
    for config in asked.configs:
        for job in asked.ids if isinstance(config, dict) else ():
            if path in {"/submit-job", "/submit-jobs"} and job not in jobs and status == OK:
                ends = {"BATCH": "FINISHED", "STREAMING": "RUNNING"}
                jobs[job] = ends.get(mode_of(config), json.dumps(config, sort_keys=True))
            elif path in {"/stop-job", "/stop-jobs"} and jobs.get(job) == "RUNNING":
                ended = "SAVEPOINT_DONE" if config.get("isStopWithSavePoint") is True else "CANCELED"
                jobs[job] = ended if status == OK else f"RUNNING, then {status} from {path}"


@dataclass(slots=True)
class _Variables:
    """The variables of a scenario, each with an id that stands for it."""

    ids: dict[str, str] = field(default_factory=dict)

    def recorded(self, request: Mapping[str, Any]) -> Asked:
        """Return a recorded request with ids."""
        headers = dict(request.get("headers", {}))
        body = (body_of(request, headers) or b"").decode("utf-8", "replace")
        return _asked(request["method"], self._filled(request["path"]), headers, self._filled(body))

    def _filled(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self.ids.setdefault(found[0], str(2 * 10**17 + len(self.ids))), text)


@dataclass(slots=True)
class _Found:
    """A recorded exchange with the request that it answers, and the names that its jobs were submitted with."""

    asked: Asked
    exchange: Mapping[str, Any]
    names: Mapping[str, str]
    variables: _Variables


@dataclass(slots=True)
class RecordedAnswers:
    """The ASGI app. `jobs` are the states of those submitted here, `missed` the requests that nobody has recorded."""

    recording: Recording
    jobs: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    _found: dict[str, _Found] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        for scenario in self.recording:
            jobs: dict[str, str] = {}
            names: dict[str, str] = {}
            variables = _Variables()
            for recorded in scenario.steps:
                asked = variables.recorded(recorded.step["request"])
                if asked.name:
                    names |= dict.fromkeys(asked.ids, asked.name)
                if recorded.exchange is not None and _is_whole(recorded.step):
                    self._found.setdefault(asked.key(jobs), _Found(asked, recorded.exchange, dict(names), variables))
                follow(asked, OK if recorded.exchange is None else recorded.exchange["status"], jobs)

    async def __call__(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        status, headers, response = self.respond(_sent(scope, await whole_body(receive)))
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": response})

    def respond(self, asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body for a request."""
        found = self._found.get(asked.key(self.jobs))
        if found is None:
            self.missed.append(f"{asked.method} {asked.target}")
            return NOT_RECORDED, {}, b""
        self.names |= {job: asked.name for job in asked.ids if asked.name and job not in self.names}
        follow(asked, found.exchange["status"], self.jobs)
        return self._played_back(found, asked)

    def _played_back(self, found: _Found, asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        stands_for = dict(zip(found.asked.ids, asked.ids, strict=True))
        ids = {name: stands_for[job] for name, job in found.variables.ids.items() if job in stands_for}
        names = {found.names[was]: self.names.get(job, "") for was, job in stands_for.items() if was in found.names}
        self._made += 1
        ids |= {_NEW: str(10**17 + self._made)}
        recorded = _with_ids(found.exchange["body"], ids, names)
        body = BODIES[recorded["kind"]](recorded, found.exchange["status"])
        headers = {name: str(_with_ids(value, ids, {})) for name, value in found.exchange["headers"].items()}
        text = (
            _COUNT.sub(rf'\g<1>"{ROWS}"', json.dumps(body, ensure_ascii=False))
            if recorded["kind"] == "json"
            else body or ""
        )
        charset = "iso-8859-1" if "8859" in headers.get("Content-Type", "") else "utf-8"
        return found.exchange["status"], headers, text.encode(charset)


def _is_whole(step: Mapping[str, Any]) -> bool:
    """Tell whether a recording holds an answer as it came: neither what was selected of a list, nor shapes alone.

    The answer to a wrong length is that to no other request with the same body.
    """
    is_selected = "where" in step.get("select", {}) or any(step.get(option) for option in SHOWN_AS_SHAPES)
    return not is_selected and "Content-Length" not in step["request"].get("headers", {})


def _with_ids(value: Any, ids: Mapping[str, str], names: Mapping[str, str]) -> Any:
    """Return recorded JSON with ids in the place of variables, and the names of jobs as they are here."""
    if isinstance(value, dict):
        engine = _ENGINE if "projectVersion" in value else {}
        return {key: _member(key, inner, ids, names) for key, inner in {**value, **engine}.items()}
    if isinstance(value, list):
        return [_with_ids(inner, ids, names) for inner in value]
    if not isinstance(value, str):
        return value
    if value == "<job id>":
        return ids[_NEW]
    if number := re.fullmatch(r"<number (\{\{[\w.-]+\}\})>", value):
        return int(ids.get(number[1], ids[_NEW]))
    traced = value.replace("<stack trace>", "\n\tat a.B.c(B.java:1)\n")
    return _VARIABLE.sub(lambda found: ids.get(found[0], ids[_NEW]), traced)


def _member(key: str, value: Any, ids: Mapping[str, str], names: Mapping[str, str]) -> Any:
    if key == "jobName" and isinstance(value, str):
        return names.get(value) or value
    return _with_ids(value, ids, names)


def _sent(scope: Mapping[str, Any], body: bytes) -> Asked:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    return _asked(scope["method"], f"{path}?{query}" if query else path, headers, body.decode("utf-8", "replace"))


def _asked(method: str, target: str, headers: Mapping[str, str], body: str) -> Asked:
    lower = {name.lower(): value for name, value in headers.items()}
    accept = lower.get("accept", "*/*")
    return Asked(method, target, lower.get("content-type", "").lower(), accept, body)
