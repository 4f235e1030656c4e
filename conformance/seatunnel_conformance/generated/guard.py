"""Generated requests touch no job but the run's own, on any target.

Schemathesis learns ids from responses and makes up others; either may be somebody's job. So in a request that changes
the target every job id that may be somebody's is replaced by one that nobody has, and every job is submitted under the
run's name. A stop of the run's own job waits until that has begun: on engines, one that is stopped earlier may
never end. On another machine, jobs of generated requests have the suite's own harmless configuration wherever theirs
could run.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from schemathesis import Case, HookContext, Response
from schemathesis import hook as on
from schemathesis.hooks import unregister

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.generated.characters import complete
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.job_ids import is_id_name

AnyCase: TypeAlias = Case[Any]
"""A generated request, of whatever kind of operation schemathesis makes it."""


@dataclass(slots=True)
class Guard:
    """Watches over the generated requests of one check; the same `seed` puts the same ids in the place of others."""

    jobs: Jobs
    loopback: bool
    seed: int = 0
    _looked_up: int = 0

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """Look at every exchange of schemathesis in this process, from now to the end of the block."""

        def before_call(context: HookContext, case: AnyCase, kwargs: dict[str, Any]) -> None:  # noqa: ARG001 - its signature
            if case.method.upper() not in READING:
                self.before(case)

        def after_call(context: HookContext, case: AnyCase, response: Response) -> None:  # noqa: ARG001 - its signature
            complete(response)
            self.after(case, response)

        hooks = [on(before_call), on(after_call)]
        try:
            yield
        finally:
            for hook in hooks:
                unregister(hook)

    def before(self, case: AnyCase) -> None:
        """Make a request harmless."""
        self._looked_up = 0
        for part in ("path_parameters", "query", "body"):
            setattr(case, part, self._with_own_ids(getattr(case, part)))
        if case.operation.path.startswith("/stop-job") and isinstance(case.body, list):
            case.body = [self._own_bare_ids(item) for item in case.body]
        if case.operation.path.startswith("/stop-job"):
            own = self.jobs.target.own
            for job_id in self._named_in(case.body) & (own.submitted | own.claimed):
                self.jobs.until_stoppable(job_id)
        if case.operation.path.startswith("/submit-job"):
            self._name(case)
            if not self.loopback:
                self._tame(case)

    def after(self, case: AnyCase, response: Response) -> None:
        """Take the jobs for the run's that a response says were taken, to stop them at the end."""
        if not case.operation.path.startswith("/submit-job") or response.status_code != HTTPStatus.OK:
            return
        try:
            receipts = response.json()
        except ValueError:
            return
        sent = len(case.body) if isinstance(case.body, list) else 1
        for item in receipts[:sent] if isinstance(receipts, list) else [receipts]:
            if isinstance(item, Mapping) and _is_id(item.get("jobId")):
                self.jobs.claim(str(int(str(item["jobId"]))))

    def _with_own_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_own_ids(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._own_id(inner) if is_id_name(name) else self._with_own_ids(inner)
            for name, inner in value.items()
        }

    def _may_name(self, job_id: str) -> bool:
        """Tell whether a request may name an id; of many in one request, most are not worth looking up."""
        if job_id in self.jobs.target.own.drawn:
            return True
        self._looked_up += 1
        return self._looked_up <= _MOST_LOOKED_UP and self.jobs.target.wire.guard.may_name(job_id)

    def _own_bare_ids(self, value: Any) -> Any:
        """Replace the ids in lists within lists; those in objects have been."""
        if isinstance(value, dict):
            return value
        return [self._own_bare_ids(item) for item in value] if isinstance(value, list) else self._own_id(value)

    def _own_id(self, value: Any) -> Any:
        if isinstance(value, list | dict):
            return [self._own_id(item) for item in value] if isinstance(value, list) else self._with_own_ids(value)
        job_id = str(int(str(value))) if _is_id(value) else ""
        if not job_id or self._may_name(job_id):
            return value
        source = random.Random(f"{self.seed} {job_id}")  # noqa: S311 - no secret
        unused = self.jobs.target.own.draw(source, negative=job_id.startswith("-"))
        return unused if isinstance(value, str) else int(unused)

    def _named_in(self, body: Any) -> set[str]:
        """Return the jobs that a stop names."""
        named = [item.get("jobId") for item in (body if isinstance(body, list) else [body]) if isinstance(item, dict)]
        return {str(int(str(each))) for each in named if _is_id(each)}

    def _name(self, case: AnyCase) -> None:
        """Have the name of every job begin as only this run's do."""
        case.query = self._with_own_name(case.query or {})
        for job in case.body if isinstance(case.body, list) else ():
            if isinstance(job, dict) and isinstance(job.get("params"), dict):
                job["params"] = self._with_own_name(job["params"])

    def _with_own_name(self, parameters: Any) -> dict[str, Any]:
        name = parameters.get("jobName", "generated")
        # Names that are no text are refused, which is what they are generated for.
        named = {"jobName": self.jobs.target.own.prefix + name} if isinstance(name, str) else {}
        return {**parameters, **named}

    def _tame(self, case: AnyCase) -> None:
        for body in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(body, dict) and "FakeSource" in repr(body.get("source")):
                body.update(self.jobs.batch())


_MOST_LOOKED_UP: Final = 8
"""Ids of one request that are looked up; the others become ids that nobody has."""

_ID: Final = re.compile(r"[+-]?\d{1,19}")


def _is_id(value: Any) -> bool:
    """Tell whether a value is what the engine takes for a job id."""
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(_ID.fullmatch(str(value)))
