"""Shell scripts that repeat a failure: first the requests that make its jobs, then the ones that show it.

A job gets a new id each time, because an engine does not run a job with a known id again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from seatunnel_conformance.target.deployment import READING, Target
from seatunnel_conformance.target.exchange import Exchange, Request

_JOBS: Final = 3
"""Maximum number of jobs that a script makes."""

_ID: Final = re.compile(r"(?<!\d)-?\d{17,19}(?!\d)")

_NEW_ID: Final = "=$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')"
"""A random number of at most 15 digits."""

_ENDED: Final = r'"jobStatus" *: *"\(FINISHED\|FAILED\|CANCELED\|SAVEPOINT_DONE\)"'
_MOVING: Final = r'"sourcereceivedcount" *: *"[1-9]'

_NODE: Final = ("/update-tags", "/loggers", "/update-local-member-tags")
"""Paths of operations that change a node, not jobs."""


def script(judged: Sequence[Exchange], every: Sequence[Exchange], target: Target) -> str:
    """Return the script that repeats the `judged` exchanges of a check; `every` are all its exchanges."""
    requests = [exchange.request for exchange in judged]
    own = target.own.generated
    named = _named(requests, own) or _named([one.request for one in every], own)
    before = _before(requests[-1:], target.changes)
    made = [job_id for job_id in named if _must_be_made(job_id, requests, before)][-_JOBS:]
    changes = [one.request for one in every if one.request.method not in READING]
    places = tuple(f"{target.context_path}{path}" for path in _NODE)
    node = [one for one in _before(requests[-1:], changes) if one.target.startswith(places)]
    lines = [
        *(line for one in before for line in _arranged(one, made, node, target)),
        *(one.curl() for one in requests),
    ]
    stopped = [_text(one) for one in requests if "/stop-job" in one.target]
    running = [job_id for job_id in made if _runs(job_id, before) and not any(job_id in text for text in stopped)]
    lines += [_quiet(_stop(job_id, target)) for job_id in running]
    return _making(made, lines)


def with_new_ids(text: str, own: Collection[str]) -> str:
    """Return a script that chooses new job ids at each call, instead of the run's `own` ids."""
    made = [job_id for job_id in dict.fromkeys(_ID.findall(text)) if job_id in own]
    return _making(made, [text])


def _making(made: Sequence[str], lines: Sequence[str]) -> str:
    """Return these lines as a script, which first chooses a new id for each job that it makes."""
    return "\n".join([*(f"{_variable(made, job_id)}{_NEW_ID}" for job_id in made), *_with_variables(lines, made)])


def _named(requests: Sequence[Request], own: Collection[str]) -> list[str]:
    """Return the run's own ids in some requests, in the order in which they first occur."""
    return [job_id for job_id in dict.fromkeys(_ID.findall("\n".join(map(_text, requests)))) if job_id in own]


def _text(request: Request) -> str:
    return f"{request.target}\n{(request.body or b'').decode('utf-8', 'replace')}"


def _before(last: Sequence[Request], changes: Sequence[Request]) -> list[Request]:
    """Return the changes before the `last` request; all of them if it is not a change."""
    at = next((at for at, one in enumerate(changes) if any(one is request for request in last)), len(changes))
    return list(changes[:at])


def _must_be_made(job_id: str, requests: Sequence[Request], before: Sequence[Request]) -> bool:
    """Return whether the script has to make a job: it was running, or one of the requests changes it."""
    return any(one.method not in READING and job_id in _text(one) for one in requests) or _runs(job_id, before)


def _runs(job_id: str, before: Sequence[Request]) -> bool:
    """Return whether a job runs after some changes: it never ends by itself, and was not stopped."""
    changes = [one for one in before if job_id in _text(one)]
    return bool(changes) and "/submit-job" in changes[-1].target and b"STREAMING" in (changes[-1].body or b"")


def _arranged(request: Request, made: Collection[str], node: Sequence[Request], target: Target) -> Iterator[str]:
    """Yield the lines that repeat a change of jobs or the node, and wait for it; nothing for other changes."""
    jobs = [job_id for job_id in made if job_id in _text(request)]
    if jobs or any(request is one for one in node):
        yield _quiet(request)
        if not jobs:
            yield "sleep 6  # until the master has received the change"
        endless = "/submit-job" in request.target and b"STREAMING" in (request.body or b"")
        if request.method == "POST" and re.search("/(submit|stop)-job", request.target):
            yield from (_waits(job_id, _MOVING if endless else _ENDED, target) for job_id in jobs)


def _quiet(request: Request) -> str:
    return f"{request.curl()} > /dev/null"


def _stop(job_id: str, target: Target) -> Request:
    return target.request(
        "POST", "/stop-job", {"Content-Type": "application/json"}, f'{{"jobId": "{job_id}"}}'.encode()
    )


def _waits(job_id: str, pattern: str, target: Target) -> str:
    curl = target.request("GET", f"/job-info/{job_id}", {}).curl()
    return f"for n in 1 2 3 4 5 6 7 8 9; do {curl} | grep -qi '{pattern}' && break; sleep 1; done"


def _variable(made: Sequence[str], job_id: str) -> str:
    return "id" if len(made) == 1 else f"id{made.index(job_id) + 1}"


def _with_variables(lines: Sequence[str], made: Sequence[str]) -> list[str]:
    """Return the lines with shell variables instead of ids, also within single quotes."""
    text = "\n".join(lines)
    for job_id in made:
        before, *parts = text.split(job_id)
        name = f'"${_variable(made, job_id)}"'
        for part in parts:
            before += (f"'{name}'" if _is_in_single_quotes(before) else name) + part
        text = before
    return text.splitlines()


def _is_in_single_quotes(text: str) -> bool:
    """Return whether a text ends within single quotes, as a shell reads it."""
    quote, letters = "", iter(text)
    for letter in letters:
        if letter == "\\" and quote != "'":
            next(letters, "")
        elif quote in {"", letter} and letter in "'\"":
            quote = "" if quote else letter
    return quote == "'"
