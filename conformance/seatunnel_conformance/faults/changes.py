"""Functions for the tables in `kinds/`: changes of requests and responses, and conditions.

With `from … import *`, a table also gets `row` and the other names of `catalogue`, those of `exchange` and `edits`, and
`documents` as `doc`. Most functions here return a `Change`, and are named after the exchange that it makes.

- changes of a response: `status`, `error`, `reply`, `header`, `second_header`, `body`, `document`, `edited`, `page`
- changes of the delivery of a response: `sends`, `closes`, `promises`
- changes of a request: `sent`, `request_body`, `first_keys`, `path`, `query`, and of its parameters: `parameter`,
  `with_parameter`, `without_parameter`
- changes that combine others: `both`, `swapped`, `after`, `numbered`, `at_times`, `unchanged`; and `as_at_first`
- changes of known documents: `overview`, `jobs`, `listed`, `shown`, `receipts`
- changes that hide or invent jobs, or change their ends: `hidden`, `unknown_at_first`, `made_up`, `end_time`
- edits of a job: `vertices`, `sinks`, `pipelines`, `metrics`, `counters`; of other JSON values: see `edits`
- conditions: `has_status`, `is_ok`, `is_error`, `tells`, `lists`, `asks`, `uses`, and of jobs: `in_state`, `among`
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from json import loads
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults import documents
from seatunnel_conformance.faults.catalogue import *
from seatunnel_conformance.faults.edits import *
from seatunnel_conformance.faults.exchange import *
from seatunnel_conformance.observe.forms import END

doc = documents  # an assignment, because a type checker takes an imported alias for private

Change: TypeAlias = Callable[[ProxiedExchange], ProxiedExchange]
"""Returns an exchange with a change, or the same exchange if there is nothing to change."""

JobCondition: TypeAlias = Callable[[ProxiedExchange, doc.Job], object]
"""Returns a truthy value for the jobs of a response that are changed."""


def _for(it: ProxiedExchange, value: Any) -> Any:
    """Return `value(it)` if the value is a function, else the value itself."""
    return value(it) if callable(value) else value


# Responses. `document`, `message`, `content` and `value` are values, or functions of the exchange that return one.


def status(code: int) -> Change:
    """Replace the status of the response; the body stays."""
    return lambda it: it.with_status(code)


def error(code: int, message: Any = "refused") -> Change:
    """Replace the response by an error as in the contract. With `before`, the request is not sent."""
    return lambda it: it.with_error(code, _for(it, message))


def reply(code: int, document: Any) -> Change:
    """Replace the response by a JSON document. With `before`, the request is not sent."""
    return lambda it: it.with_reply(code, _for(it, document))


def header(name: str, value: Any) -> Change:
    """Replace the value of a response header; None removes it."""
    return lambda it: it.with_header(name, _for(it, value))


def second_header(name: str, value: str) -> Change:
    """Add a response header after the others, even if one of them has the same name."""
    return lambda it: it.with_response(it.received.with_fields(*it.received.fields, (name, value)))


def body(content: Any) -> Change:
    """Replace the bytes of the response body."""
    return lambda it: it.with_body(_for(it, content))


def document(value: Any) -> Change:
    """Replace the JSON document of the response; status and headers stay."""
    return lambda it: it.with_json(_for(it, value))


def edited(edit: Edit) -> Change:
    """Edit the JSON document of the response, if it has one."""
    return lambda it: it if (found := it.document) is None else it.with_json(edit(found))


def page(content: bytes) -> Change:
    """Replace the body by an HTML page; the status stays."""
    return lambda it: it.with_body(content).with_header("Content-Type", "text/html")


def sends(pieces: Callable[[ProxiedExchange], Iterable[Piece]]) -> Change:
    """Send the response in the pieces that `pieces` returns: bytes, pauses and cuts."""
    return lambda it: it.with_delivery(*pieces(it))


def closes(it: ProxiedExchange) -> ProxiedExchange:
    """Close the connection after the response, without the header `Connection: close`."""
    return it.with_delivery(it.received.as_bytes(), Cut.CLOSE)


def promises(more: int) -> Change:
    """Send a `Content-Length` that is larger than the body by `more` bytes, and close the connection."""

    def change(it: ProxiedExchange) -> ProxiedExchange:
        content = it.received.body
        promised = it.received.with_header("Content-Length", str(len(content) + more)).with_framed(content)
        return it.with_delivery(promised.as_bytes(), Cut.CLOSE)

    return change


def both(*changes: Change) -> Change:
    """Apply one change after the other."""

    def changed(it: ProxiedExchange) -> ProxiedExchange:
        for change in changes:
            it = change(it)
        return it

    return changed


def swapped(refusal: Change, acceptance: Change) -> Change:
    """Apply `refusal` to responses with status 200, and `acceptance` to all others."""
    return lambda it: refusal(it) if it.ok else acceptance(it)


def unchanged(it: ProxiedExchange) -> ProxiedExchange:
    """Return the same exchange."""
    return it


def numbered(
    then: Callable[[int], Change], by: Callable[[ProxiedExchange], str] = lambda _: ""
) -> Callable[..., ProxiedExchange]:
    """Apply the change `then(n)` to each exchange; it is the n-th (from 1) for which `by` returns the same key."""

    def change(it: ProxiedExchange, numbers: Counter[str]) -> ProxiedExchange:
        numbers[by(it)] += 1
        return then(numbers[by(it)])(it)

    return change


def at_times(
    is_turn: Callable[[int], object], change: Change, by: Callable[[ProxiedExchange], str] = lambda _: ""
) -> Callable[..., ProxiedExchange]:
    """Apply a change if `is_turn(n)` is true for the n-th exchange (from 1) for which `by` returns the same key."""
    return numbered(lambda number: change if is_turn(number) else unchanged, by)


def as_at_first(by: Callable[[ProxiedExchange], str]) -> Callable[..., ProxiedExchange]:
    """Replace the body of a response by that of the first response for which `by` returned the same key."""

    def change(it: ProxiedExchange, first: dict[str, bytes]) -> ProxiedExchange:
        kept = first.setdefault(by(it), it.received.body)
        return it if kept == it.received.body else it.with_body(kept)

    return change


def after(
    seen: Callable[[ProxiedExchange], Iterable[str]], then: Callable[[set[str]], Change]
) -> Callable[..., ProxiedExchange]:
    """Apply the change `then(ids)`; `ids` has everything that `seen` returned for the exchanges of the trial so far."""

    def change(it: ProxiedExchange, ids: set[str]) -> ProxiedExchange:
        ids.update(seen(it))
        return then(ids)(it)

    return change


# Requests.


def sent(edit: Edit) -> Change:
    """Edit the JSON body of the request, if it has one."""
    return lambda it: it if it.request_json is None else it.with_request_body(edit(it.request_json))


def request_body(pattern: bytes, replacement: bytes) -> Change:
    """Replace each match of a regular expression in the body of the request."""
    return lambda it: it.with_request_body(re.sub(pattern, replacement, it.request.body))


def query(pairs: Callable[[list[tuple[str, str]]], Iterable[tuple[str, str]]]) -> Change:
    """Replace the query parameters of the request by `pairs(parameters)`."""
    return lambda it: it.with_request(query=pairs(it.query))


def parameter(name: str, change: Callable[[str], str]) -> Change:
    """Replace the value of a query parameter by `change(value)`."""
    return query(lambda found: [(one, change(value) if one == name else value) for one, value in found])


def with_parameter(name: str, value: Any) -> Change:
    """Set a query parameter, after the others."""
    return lambda it: it.with_request(query=[*(pair for pair in it.query if pair[0] != name), (name, _for(it, value))])


def first_keys(it: ProxiedExchange) -> ProxiedExchange:
    """Use the first value of each key that is repeated in the JSON body of the request."""
    if it.request_json is None:
        return it
    first_values = loads(it.request.body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    return it if first_values == it.request_json else it.with_request_body(first_values)


def without_parameter(name: str) -> Change:
    """Remove a query parameter."""
    return lambda it: it if name not in it.parameters else query(lambda found: [p for p in found if p[0] != name])(it)


def path(value: Any) -> Change:
    """Replace the path of the request."""
    return lambda it: it.with_request(path=_for(it, value))


# Documents.


def overview(edit: Edit) -> Change:
    """Edit the response of `/overview`; others stay."""
    return lambda it: edited(edit)(it) if doc.shows_overview(it) else it


def receipts(edit: Edit) -> Change:
    """Edit the receipts of a submission or stop: the JSON objects in a response with status 200."""

    def edit_all(found: Any) -> Any:
        return each(edit)(found) if isinstance(found, list) else edit(found)

    return lambda it: edited(edit_all)(it) if doc.receipts(it) else it


def jobs(edit: Edit, where: JobCondition = lambda *_: True) -> Change:
    """Edit every job of a response, in details and in lists. A list leaves out jobs for which the edit returns None."""

    def changed(it: ProxiedExchange) -> ProxiedExchange:
        def edit_one(job: doc.Job) -> Any:
            return edit(job) if where(it, job) else job

        if doc.lists_jobs(it):
            return it.with_json([found for job in it.document if (found := edit_one(job)) is not None])
        found = edit_one(it.document) if doc.shows_a_job(it) else None
        return it if found is None else it.with_json(found)

    return changed


def listed(edit: Edit, where: JobCondition = lambda *_: True) -> Change:
    """Edit the jobs in lists (see `jobs`)."""
    return lambda it: jobs(edit, where)(it) if doc.lists_jobs(it) else it


def shown(edit: Edit, where: JobCondition = lambda *_: True) -> Change:
    """Edit the job in the details of a job (see `jobs`)."""
    return lambda it: jobs(edit, where)(it) if doc.shows_a_job(it) else it


def hidden(ids: Container[str]) -> Change:
    """Replace the details of these jobs by the response for an unknown job."""
    return lambda it: doc.as_unknown(it) if doc.shows_a_job(it) and it.value in ids else it


unknown_at_first: Final = at_times(lambda number: number == 1, doc.as_unknown, by=lambda it: it.value)
"""Replaces the first response for each job by the response for an unknown job."""


def made_up(ids: Container[str], **members: Any) -> Change:
    """Show unknown jobs with these ids as jobs with these members."""
    return lambda it: (
        it.with_json({"jobId": it.value, **members}) if doc.shows_unknown_job(it) and it.value in ids else it
    )


def among(ids: Container[str]) -> JobCondition:
    """Return the condition that a job has one of these ids."""
    return lambda _, job: job["jobId"] in ids


def end_time(value: Any, where: JobCondition = doc.is_ended) -> Change:
    """Set the end time of the jobs that match a condition, by default of ended jobs."""
    return lambda it: jobs(put(**{END: _for(it, value)}), where)(it)


def in_state(state: str) -> JobCondition:
    """Return the condition that a job is in this state."""
    return lambda _, job: job["jobStatus"] == state


def vertices(edit: Edit) -> Edit:
    """Edit the list of vertices in the plan of a job."""
    return at("jobDag", at("vertexInfoMap", edit))


def sinks(edit: Edit) -> Edit:
    """Edit each sink in the plan of a job."""
    return vertices(each(lambda vertex: edit(vertex) if vertex["type"] == "sink" else vertex))


def pipelines(edit: Edit) -> Edit:
    """Edit the object with the edges of each pipeline in the plan of a job."""
    return at("jobDag", at("pipelineEdges", edit))


def metrics(edit: Edit) -> Edit:
    """Edit the metrics of a job, unless they are a string, as in some lists."""
    return at("metrics", lambda found: edit(found) if isinstance(found, Mapping) else found)


def counters(count: Callable[[int], int], ending: str) -> Edit:
    """Change the total counters of a job whose names end with `ending`, in any letter case."""

    def edit(found: Any) -> Any:
        if not isinstance(found, Mapping):
            return found
        counted = (
            name for name, value in found.items() if isinstance(value, str) and name.lower().endswith(ending.lower())
        )
        return {**found, **{name: str(count(int(found[name]))) for name in counted}}

    return at("metrics", edit)


# Conditions.


def has_status(code: int) -> Callable[[ProxiedExchange], bool]:
    """Return the condition that a response has this status."""
    return lambda it: it.status == code


def is_ok(it: ProxiedExchange) -> bool:
    """Return whether a response has the status 200."""
    return it.ok


def is_error(it: ProxiedExchange) -> bool:
    """Return whether a response is an error with a JSON object."""
    return it.is_error


def tells(it: ProxiedExchange) -> bool:
    """Return whether a response has the status 200 and an object."""
    return it.ok and isinstance(it.document, dict)


def lists(it: ProxiedExchange) -> bool:
    """Return whether a response has the status 200 and a list."""
    return it.ok and isinstance(it.document, list)


def uses(method: str) -> Callable[[ProxiedExchange], bool]:
    """Return the condition that a request has this method."""
    return lambda it: it.method == method


def asks(name: str) -> Callable[[ProxiedExchange], bool]:
    """Return the condition that a request has this query parameter."""
    return lambda it: name in it.parameters
