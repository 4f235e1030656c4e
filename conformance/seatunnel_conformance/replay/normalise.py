"""Normalises responses: rules replace variable values by tokens such as `<decimal string>`, then they are compared.

The docstring of a function names its rule in brackets. Strings and numbers become different tokens, so a number instead
of a string is always a difference. The order of members, and the member `note` of an exchange, are not compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.differences import NOTHING, canonical, differing, resolve

_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?([Ee][-+]?\d+)?|NaN|-?Infinity")
_RATE_KEY: Final = re.compile("(QPS|PerSeconds)$")
_COUNT_KEY: Final = re.compile(r"\w+Slot|\w+Jobs|workers")
_GENERATED_ID: Final = re.compile(r"\d{16,19}")
_MOMENT_KEY: Final = re.compile("(Timestamp|At)$")
_MEMBER: Final = re.compile(r"\[[^\]]+\]:\d+")
_CHECKPOINT_KEYS: Final = {"checkpointId", "durationMillis", "stateSize", "triggered", "completed", "inProgress"}
_SNAPSHOT_KEYS: Final = {
    *("totalSlots", "freeSlots", "assignedSlots", "workerCount", "usedSlots", "totalCpuCores", "availableCpuCores"),
    *("totalHeapMemoryBytes", "availableHeapMemoryBytes"),
}
_QUEUE_KEYS: Final = {"size", "lackingTaskGroups", "oldestEnqueueTimestamp", "newestEnqueueTimestamp"}
_CONFIGURED: Final = {"scheduleStrategy": (str, "<strategy>"), "dynamicSlot": (bool, "<boolean kind of slots>")}
_OWN_WORDS: Final = re.compile(
    r"Request body is empty\.|Invalid JSON format in request body\.|The jobId must not be empty\."
    r'|jobId cannot be empty\.|For input string: ".{0,200}"|Invalid Params format in Params\.|STREAMED'
    r"|Please provide jobId when start with save point\.|\d{3}: Unable to parse URI query"
    r"|Miss <(Source|Sink)> config! Please check the config file\.|Json parse list exception!"
    r"|No configuration setting found for key '\w+'"
    r"|The '[\w.]+' option is not configured, please configure it\."
    r"|Page number must be greater than 0|Page number exceeds total pages"
    r"|Parameter '\w+' must be (greater than 0|an integer, but was: .{0,200})"
    r"|No enum constant org\.apache\.seatunnel\.engine\.core\.job\.RestoreMode\..{0,200}|restoreSourceJobId .{0,200}"
    r"|Unknown (logger level|scope) '.{0,200}|The logger name must not be empty, .*|The level is required, .*"
)
"""Matches the messages of the API itself. All others depend on the JVM and its libraries, and are not compared."""
_STACK_TRACE: Final = re.compile(r"([\w.$]+: )?([\s\S]*?)\n\tat [\s\S]*")
"""Matches a Java stack trace: the class and the text of an exception, and its frames."""
_NAMED: Final = re.compile(r"(\w+Exception: )([\s\S]*)")
"""Matches the simple name of an exception, and its text."""
_MEASURED: Final = (
    ("<size string>", re.compile(r"(physical|swap)\.|heap\.memory\.(used|free|total|max)$"), r"-?\d+(\.\d)?[KMGTPE]?"),
    ("<decimal string>", re.compile(r"load\.systemAverage"), r"-?\d+\.\d\d|n/a"),
    ("<milliseconds string>", re.compile(""), r"\d+ms"),
    ("<percent string>", re.compile(""), r"-?\d+\.\d\d%"),
    ("<int string>", re.compile(""), r"-?\d+"),
)
"""Values of the health monitor: token, pattern of the key, pattern of the value."""


@dataclass(frozen=True)
class ValueRules:
    """The rules for one response.

    `text` replaces variables and addresses in a string, `known` has the tokens of variables by their values, `request`
    is the request of the step as JSON, and `exact` has the JSON pointers of values that are not changed.
    """

    text: Callable[[str], str] = field(repr=False)
    known: Mapping[str, str]
    request: str = field(repr=False)
    exact: frozenset[str]
    context: str
    status: int

    def applied(self, value: Any, key: str = "", place: str = "") -> Any:
        """Return a value with all rules applied, innermost values first. `place` is its JSON pointer."""
        if place in self.exact or value is None or isinstance(value, bool):
            return value
        if isinstance(value, list):
            return _jars(key, [self.applied(item, key, f"{place}/{at}") for at, item in enumerate(value)])
        if isinstance(value, dict):
            # The members of a map of rates are named after tables, so they have the name of the map for the rules.
            rates = key if _RATE_KEY.search(key) else None
            done = {name: self.applied(item, rates or name, f"{place}/{name}") for name, item in value.items()}
            return self._object(done, place)
        return self._text(key, value) if isinstance(value, str) else self._number(key, value)

    def _number(self, key: str, value: float) -> Any:
        """[moment], [checkpoint], [generated-id], and [placeholders] for a number that is the value of a variable."""
        if _MOMENT_KEY.search(key) and value:
            return "<number milliseconds>"
        if key in _CHECKPOINT_KEYS:
            return "<number count>"
        token = self.known.get(str(value), "job id" if self._is_generated(key, str(value)) else "")
        return f"<number {token}>" if token else value

    def _text(self, key: str, text: str) -> str:
        """[timestamp], [rate], [generated-id], [member], and [messages] for the error of a job."""
        if _TIMESTAMP.fullmatch(text):
            return "<timestamp yyyy-MM-dd HH:mm:ss>"
        if _RATE_KEY.search(key) and _DECIMAL.fullmatch(text):
            return "<decimal string>"
        if key == "errorMsg":
            return "<java text>"
        if key == "address" and _MEMBER.fullmatch(text):
            return "<member>"
        return "<job id>" if self._is_generated(key, text) else self.text(text)

    def _is_generated(self, key: str, text: str) -> bool:
        is_id = key == "jobId" and _GENERATED_ID.fullmatch(text) is not None
        return is_id and text not in self.request and text not in self.known

    def _object(self, done: dict[str, Any], place: str) -> dict[str, Any]:
        texts = {key: value for key, value in done.items() if isinstance(value, str)}
        if self.status >= HTTPStatus.BAD_REQUEST and done.get("status") == "fail":
            _message(done, texts)
        if done.keys() == {"data", "total"}:
            done["total"] = "<number count>"  # [page] the total depends on other jobs
        if {"servlet", "url", "status"} <= texts.keys():
            self._container_error(done, texts)
        if "projectVersion" in texts:
            self._overview(done, texts, place)
        _pending(done)
        if done and all(key.isupper() and _is_number(value) for key, value in done.items()):
            done = dict.fromkeys(done, "<number milliseconds>")  # [moment] times by the names of states
        if {"isMaster", "processors"} <= texts.keys():
            done |= {key: _reading(key, value) for key, value in texts.items()}
        if done.get("jobStatus", "FINISHED") != "FINISHED" and isinstance(done.get("metrics"), dict):
            done["metrics"] = {key: _live_metric(key, value) for key, value in done["metrics"].items()}
        return done

    def _container_error(self, done: dict[str, Any], texts: Mapping[str, str]) -> None:
        """[messages] The details in an error of the servlet container."""
        done |= {"servlet": "<servlet>", "url": texts["url"].removeprefix(self.context)}
        done |= {key: "<java text>" for key in texts if key.startswith("cause")}

    def _overview(self, done: dict[str, Any], texts: Mapping[str, str], place: str) -> None:
        """[overview] Counts of slots, jobs and workers, and the version."""
        for key, value in texts.items():
            if _COUNT_KEY.fullmatch(key) and value.isdigit() and f"{place}/{key}" not in self.exact:
                done[key] = "<int string>"
        tokens = {"projectVersion": "<version>", "gitCommitAbbrev": "<commit>"}
        done |= {key: token for key, token in tokens.items() if texts.get(key)}


def _pending(done: dict[str, Any]) -> None:
    """[pending] Slots, running jobs and the queue depend on all jobs of the cluster, so only their types are compared.

    The strategy and the kind of slots depend on the configuration, so of these, too, only the types are compared. The
    tags of workers are removed, because the recorded workers had none.
    """
    changing = _QUEUE_KEYS if "scheduleStrategy" in done else _SNAPSHOT_KEYS if done.keys() & _SNAPSHOT_KEYS else set()
    done |= {key: "<number count>" for key in changing if _is_number(done.get(key))}
    done |= {key: token for key, (kind, token) in _CONFIGURED.items() if isinstance(done.get(key), kind)}
    ids, waiting, workers = (done.get(name) for name in ("runningJobIds", "pendingJobs", "workers"))
    if isinstance(ids, list) and all(map(_is_number, ids)):
        done["runningJobIds"] = ["<number job ids>"]
    if isinstance(workers, list):
        untagged = [{**worker, "tags": {}} if _has_tags(worker) else worker for worker in workers]
        done["workers"] = list({canonical(worker): worker for worker in untagged}.values())
    if isinstance(waiting, list):
        done["pendingJobs"] = [item for item in waiting if not _is_foreign(item)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or str(value).startswith("<number ")


def _has_tags(worker: Any) -> bool:
    tags = worker.get("tags") if isinstance(worker, dict) else None
    return isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())


def _is_foreign(job: Any) -> bool:
    """Return whether a job does not belong to the scenario: its id is a token, not a variable of the scenario."""
    return isinstance(job, dict) and job.get("jobId") in {"<job id>", "<number job id>"}


def _jars(key: str, items: list[Any]) -> list[Any]:
    """[jars] Replace the jars of a job by one item, because their paths and number depend on the installation."""
    named = all(isinstance(item, dict) and isinstance(item.get("jarPath"), str) for item in items)
    return [{"jarPath": "<jar path>"}] if key == "pluginJarsUrls" and items and named else items


def _message(done: dict[str, Any], texts: Mapping[str, str]) -> None:
    """[messages] Replace messages that are text or null, but not those of the API itself.

    If a message is a Java stack trace, its class, its text and the presence of frames are compared.
    """
    said = texts.get("message", "STREAMED")
    trace = _STACK_TRACE.fullmatch(said)
    parts = trace or _NAMED.fullmatch(said)
    java_class, text = (parts[1] or "", parts[2]) if parts else ("", said)
    if done.get("message", 0) is None or not _OWN_WORDS.fullmatch(text):
        java_class, text = "", "<java text>"
    if trace or text == "<java text>":
        done["message"] = f"{java_class}{text}{'<stack trace>' if trace else ''}"


def _reading(key: str, value: str) -> str:
    """[monitoring] Values of the health monitor."""
    if key in {"host", "port", "uuid"}:
        return f"<{key}>"
    return next((token for token, keys, form in _MEASURED if keys.match(key) and re.fullmatch(form, value)), value)


def _live_metric(key: str, value: Any) -> Any:
    """[metrics] Replace counters and tables of a job that has not finished, because they still change."""
    if isinstance(value, dict):
        return "<table map>" if all(isinstance(item, str) for item in value.values()) else value
    if not isinstance(value, str) or not (value.startswith("<") or _DECIMAL.fullmatch(value)):
        return value
    return "<decimal string>" if _RATE_KEY.search(key) else "<int string>"


ITEMS: Final = "<array of>"
"""The name of the member that `shape` uses for the types of an array's items."""

ABSENT: Final = ...
"""Stands in a difference for a value that one exchange does not have."""

_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class ExchangeDifference:
    """A difference of two exchanges: the JSON pointer, and both values. One of them can be `ABSENT`."""

    pointer: str
    old: Any
    new: Any

    def __str__(self) -> str:
        if self.new is ABSENT:
            return f"{self.pointer}: missing {shown(self.old)}"
        if self.old is ABSENT:
            return f"{self.pointer}: unexpected {shown(self.new)}"
        return f"{self.pointer}: recorded {shown(self.old)}, got {shown(self.new)}"


def shown(value: Any) -> str:
    """Return a value as JSON, cut off after `_SHOWN` characters, or the word for an absent value."""
    return NOTHING if value is ABSENT else canonical(value)[:_SHOWN]


def status_first(difference: ExchangeDifference) -> tuple[bool, str]:
    """Return a sort key for differences: the status comes first, the others are sorted by JSON pointer."""
    return difference.pointer != "/status", difference.pointer


def differences(recorded: Any, got: Any) -> Iterator[str]:
    """Yield a line for each difference between a recorded and a received exchange."""
    return map(str, compared(recorded, got))


def compared(old: Any, new: Any) -> Iterator[ExchangeDifference]:
    """Yield every difference between two exchanges."""
    for pointer, one, other in differing(_counting(old), _counting(new)):
        yield ExchangeDifference(pointer, one, other)


def _counting(exchange: Any) -> Any:
    return {key: exchange[key] for key in exchange if key != "note"} if isinstance(exchange, dict) else exchange


def rewritten(value: Any, pointer: str, change: Callable[[Any], Any]) -> Any:
    """Change the member at a JSON pointer of a value in place, if there is one, and return the value."""
    if not pointer:
        return change(value)
    parent, _, last = pointer.rpartition("/")
    holder = resolve(value, parent)
    if isinstance(holder, dict) and last in holder:
        holder[last] = change(holder[last])
    return value


KEPT_HEADERS: Final = ("Content-Type", "Allow", "Location", "WWW-Authenticate")
_LONG_ENOUGH: Final = 6
"""Values of variables are replaced in texts if they are longer than this; shorter ones could occur by chance."""
_TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_LINK: Final = re.compile(r'href="([^"]*)"')
_CONTAINERS_HOME: Final = "jetty.org"
_TYPES: Final = {str: "<string>", bool: "<boolean>", int: "<number>", float: "<number>"}


@dataclass(frozen=True)
class Normaliser:
    """Normalises the responses of one step, as they are recorded and compared.

    `address` is `host:port` of the target, `context` its context path, and `variables` has the values of the scenario's
    variables by name.
    """

    address: str
    context: str
    variables: Mapping[str, str]
    step: Mapping[str, Any] = field(repr=False)

    def exchange(self, response: Response) -> dict[str, Any]:
        """Return the normalised exchange: status, compared headers, body."""
        found = {name: response.header(name) for name in KEPT_HEADERS}
        headers = {name: self.text(value) for name, value in found.items() if value is not None}
        kind = re.sub(r"\s*;\s*", ";", headers.get("Content-Type", "")).lower()
        headers |= {"Content-Type": kind} if kind else {}
        return {"status": response.status, "headers": headers, "body": self._body(response, kind), "note": {}}

    def text(self, text: str) -> str:
        """Return a text with the names of variables instead of their values, and a token instead of addresses."""
        for value, token in self._known.items():
            text = text.replace(value, token)
        return self._address.sub("<host:port>", text)

    @cached_property
    def _address(self) -> re.Pattern[str]:
        own = [re.escape(self.address), r"localhost:\d+", r"\d+(?:\.\d+){3}:\d+"]
        return re.compile(f"(?:{'|'.join(own)})(?:{re.escape(self.context)}(?=/))?")

    @cached_property
    def _known(self) -> dict[str, str]:
        longest_first = sorted(self.variables.items(), key=lambda pair: -len(pair[1]))
        return {value: f"{{{{{name}}}}}" for name, value in longest_first if len(value) > _LONG_ENOUGH}

    def _body(self, response: Response, kind: str) -> dict[str, Any]:
        if not response.body:
            return {"kind": "empty"}
        if "json" in kind:
            try:
                value = json.loads(response.body)
            except (ValueError, RecursionError):
                return {"kind": "broken json"}
            return {"kind": "json", "value": self._json(value, response.status)}
        text = self.text(response.body.decode("iso-8859-1" if "8859" in kind else "utf-8", "replace"))
        value = text if self.step.get("exactText") else "<text>"
        shown: dict[str, Any] = self._page(text) if "html" in kind else {"kind": "text", "value": value}
        if "contains" in self.step:
            shown["contains"] = {needle: needle in text for needle in self.step["contains"]}
        return shown

    def _page(self, text: str) -> dict[str, Any]:
        """Return the compared parts of an HTML page: its title, whether it has an `<html` tag, and its links."""
        title = _TITLE.search(text)
        wanted = self.step.get("select", {}).get("hrefs", {"contains": ""})
        links = {link for link in _LINK.findall(text) if matches(link, wanted) and _CONTAINERS_HOME not in link}
        return {"kind": "html", "title": title and title[1], "html": "<html" in text, "hrefs": sorted(links)}

    def _json(self, value: Any, status: int) -> Any:
        rules = ValueRules(
            text=self.text,
            known=self._known,
            request=json.dumps(self.step["request"]),
            exact=frozenset(self.step.get("exact", ())),
            context=self.context,
            status=status,
        )
        value = rules.applied(value)
        select = self.step.get("select", {})
        if "where" in select:
            value = rewritten(value, select.get("pointer", ""), lambda old: _selected(old, select["where"]))
        for option, change in _OPTIONS.items():
            for pointer in self.step.get(option, ()):
                value = rewritten(value, pointer, change)
        return value


def matches(value: Any, wanted: Any) -> bool:
    """Return whether a value equals `wanted`, or contains the text of `{"contains": text}`."""
    return wanted["contains"] in str(value) if isinstance(wanted, dict) else bool(value == wanted)


def shape(value: Any) -> Any:
    """Return the JSON types of a value; an array becomes an object with the set of its items' types."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return {ITEMS: sorted({canonical(shape(item)) for item in value})}
    token = next((token for token in ("<number", "<boolean") if str(value).startswith(f"{token} ")), "")
    return f"{token}>" if token else _TYPES.get(type(value), "<null>")


def _selected(items: Any, wanted: Mapping[str, Any]) -> Any:
    if not isinstance(items, list):
        return items
    return [
        item
        for item in items
        if isinstance(item, dict) and all(matches(item.get(key), value) for key, value in wanted.items())
    ]


_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ignore": lambda _: "<ignored>",
    "shape": shape,
    "unordered": lambda items: sorted(items, key=canonical) if isinstance(items, list) else items,
}
"""The options of a step that list JSON pointers, with the change of the values there, applied in this order."""
