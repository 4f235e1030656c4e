"""Generated requests touch no job but the run's own, on any target.

Schemathesis learns ids from answers and makes up others; either may be somebody's job. So before a request that
changes the target is sent, every job id in it that the target knows, and that is not this run's, becomes one that
nobody has. A stop of the run's own job waits until that has begun: on engines, one that is stopped earlier may never
end. On another machine, jobs of generated requests bear the run's name and have the suite's own harmless configuration
wherever theirs could run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from schemathesis import Case, HookContext, Response
from schemathesis import hook as on
from schemathesis.hooks import unregister

from seatunnel_conformance.generated.characters import complete
from seatunnel_conformance.jobs import Jobs
from seatunnel_conformance.target import READING

AnyCase: TypeAlias = Case[Any]
"""A generated request, of whatever kind of operation schemathesis makes it."""


@dataclass(slots=True)
class Guard:
    """Watches over the generated requests of one check. `own` are the ids of jobs that these requests have made."""

    jobs: Jobs
    loopback: bool
    own: set[str] = field(default_factory=set)

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """Look at every exchange of schemathesis in this process, from now to the end of the block."""

        def before_call(context: HookContext, case: AnyCase, kwargs: dict[str, Any]) -> None:  # noqa: ARG001 - its signature
            if case.operation.method.upper() not in READING:
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
        case.body = self._without_foreign_ids(case.body)
        if case.query:
            case.query = self._without_foreign_ids(case.query)
        if case.operation.path.startswith("/stop-job"):
            for job_id in self._own_ids(case.body):
                self.jobs.until_stoppable(job_id)
        if not self.loopback and case.operation.path.startswith("/submit-job"):
            self._tame(case)

    def after(self, case: AnyCase, response: Response) -> None:
        """Take over the jobs that an answer tells of, to stop them at the end."""
        if not case.operation.path.startswith("/submit-job") or response.status_code != HTTPStatus.OK:
            return
        try:
            answered = response.json()
        except ValueError:
            return
        for item in answered if isinstance(answered, list) else [answered]:
            if isinstance(item, Mapping) and _is_id(item.get("jobId")):
                self.own.add(str(item["jobId"]))
                self.jobs.adopt(str(item["jobId"]))

    def _without_foreign_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._without_foreign_ids(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._own_id(inner) if name == "jobId" else self._without_foreign_ids(inner)
            for name, inner in value.items()
        }

    def _own_ids(self, body: Any) -> set[str]:
        """Return which of the run's jobs a stop names."""
        named = [item.get("jobId") for item in (body if isinstance(body, list) else [body]) if isinstance(item, dict)]
        return {str(int(str(each))) for each in named if _is_id(each)} & self.own

    def _own_id(self, value: Any) -> Any:
        if not _is_id(value) or not self._is_foreign(str(int(value))):
            return value
        unused = self.jobs.new_id()
        return unused if isinstance(value, str) else int(unused)

    def _is_foreign(self, job_id: str) -> bool:
        if job_id in self.own:
            return False
        forms, shown = self.jobs.forms, self.jobs.info(job_id)
        return forms.running.fits(shown) or forms.finished.fits(shown)

    def _tame(self, case: AnyCase) -> None:
        case.query = {**(case.query or {}), "jobName": f"conformance-{self.jobs.run}-generated"}
        for body in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(body, dict) and "FakeSource" in repr(body.get("source")):
                body.update(self.jobs.batch())


_ID: Final = re.compile(r"[+-]?\d{1,19}")


def _is_id(value: Any) -> bool:
    """Tell whether a value is what the engine takes for a job id."""
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(_ID.fullmatch(str(value)))
