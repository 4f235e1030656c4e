"""Changes generated requests so that they affect only jobs of the same check.

Schemathesis takes ids from responses and generates others. Both could be ids of foreign jobs, or of jobs of another
check of the run. So in requests that change the target, the guard replaces such ids by new ones. It also puts the run's
prefix before job names, and replaces the names of loggers. Before a job of the run is stopped, it waits until the job
has started, because an engine may never end a job that is stopped earlier. Except on reference servers, jobs that could
run get a configuration of the suite.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from schemathesis import Case, HookContext, Response
from schemathesis import hook as on
from schemathesis.core.spec import ApiSchema

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.ambiguity import is_id_name
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_openapi.files import json_or

_LOGGER: Final = "/loggers/{name}"

_FIRST_HALF: Final = re.compile("[\ud800-\udbff](?![\udc00-\udfff])")


def complete(response: Response) -> None:
    """Replace each unpaired high surrogate in the body of an error, so that the rest of the body can be validated.

    The body of a success, and a body that is invalid UTF-8 for another reason, are unchanged.
    """
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return
    try:
        text = response.content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return
    response.content = _FIRST_HALF.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "surrogatepass")


AnyCase: TypeAlias = Case[Any]
"""A generated request of any kind of operation."""


@dataclass(slots=True)
class Guard:
    """Changes the generated requests of the check with this id.

    In one check of one run, an id is always replaced by the same new id. Another run with the same seed uses other new
    ids, because the target may still know those of the first run. Another check uses other new ids, because an engine
    that gets two submissions with one id at once starts two jobs, which may never end.
    """

    check: str
    jobs: Jobs
    reference: bool
    ids: set[str] = field(default_factory=set)
    """The ids that requests of the check may name: those of jobs that it has submitted, and new ones."""
    _levels: set[str] = field(default_factory=set)
    """The paths of loggers whose level was changed."""
    _looked_up: int = 0
    _submits: bool = False

    @contextmanager
    def on_duty(self, schema: ApiSchema) -> Iterator[None]:
        """Change every request that is generated from this schema, or from a part of it, during the block.

        Afterwards, the levels of loggers that were changed are reset.
        """
        _ON_DUTY[id(schema.hooks)] = self
        try:
            yield
        finally:
            del _ON_DUTY[id(schema.hooks)]
            for path in self._levels:
                with suppress(Inconclusive):
                    self.jobs.target.send("DELETE", path, query={"scope": "cluster"})

    def before(self, case: AnyCase) -> None:
        """Change a request before it is sent."""
        self._looked_up, self._submits = 0, case.operation.path.startswith("/submit-job")
        for part in ("path_parameters", "query", "body"):
            setattr(case, part, self._with_own_ids(getattr(case, part)))
        if case.operation.path.startswith("/stop-job") and isinstance(case.body, list):
            case.body = [self._own_bare_ids(item) for item in case.body]
        if case.operation.path.startswith("/stop-job"):
            own = self.jobs.target.own
            for job_id in self._named_in(case.body) & (own.submitted | own.claimed):
                self.jobs.until_stoppable(job_id)
        if case.operation.path == _LOGGER:
            case.path_parameters = {"name": f"{self.jobs.target.own.prefix}logger"}
            self._levels.add(_LOGGER.replace("{name}", case.path_parameters["name"]))
        if self._submits:
            query = case.query or {}
            # In a query, every value is text.
            case.query = self._with_own_name({**query, "jobName": str(query.get("jobName", "generated"))})
            for job in case.body if isinstance(case.body, list) else ():
                if isinstance(job, dict) and isinstance(job.get("params"), dict):
                    job["params"] = self._with_own_name(job["params"])
            if not self.reference:
                self._tame(case)

    def after(self, case: AnyCase, response: Response) -> None:
        """Register the jobs that a submission has started, so that they are stopped at the end of the run."""
        if not case.operation.path.startswith("/submit-job") or response.status_code != HTTPStatus.OK:
            return
        receipts = json_or(response.content)
        sent = len(case.body) if isinstance(case.body, list) else 1
        for item in receipts[:sent] if isinstance(receipts, list) else [receipts]:
            if isinstance(item, Mapping) and _is_id(item.get("jobId")):
                job_id = str(int(str(item["jobId"])))
                self.jobs.claim(job_id)
                self.ids.add(job_id)

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
        """Return whether a request may name this id. Not more than a few ids of a request are looked up.

        A submission may only name ids of the check, because a job with an id such as 0 would disturb later runs.
        """
        own = self.jobs.target.own
        if job_id in self.ids:
            return True
        if self._submits or job_id in own.generated or job_id in own.claimed:
            return False
        self._looked_up += 1
        if self._looked_up > _MOST_LOOKED_UP:
            return False
        try:
            self.jobs.target.wire.guard.require_nameable(job_id)
        except ForeignJob:
            return False
        return True

    def _own_bare_ids(self, value: Any) -> Any:
        """Replace ids that are items of nested lists. Objects are unchanged: their ids are replaced already."""
        if isinstance(value, dict):
            return value
        return [self._own_bare_ids(item) for item in value] if isinstance(value, list) else self._own_id(value)

    def _own_id(self, value: Any) -> Any:
        if isinstance(value, list | dict):
            return [self._own_id(item) for item in value] if isinstance(value, list) else self._with_own_ids(value)
        job_id = str(int(str(value))) if _is_id(value) else ""
        if not job_id or self._may_name(job_id):
            return value
        source = random.Random(f"{self.jobs.run} {self.check} {job_id}")  # noqa: S311 - no secret
        unused = self.jobs.target.own.generate(source, negative=job_id.startswith("-"))
        self.ids.add(unused)
        return unused if isinstance(value, str) else int(unused)

    def _named_in(self, body: Any) -> set[str]:
        """Return the job ids in the body of a stop."""
        named = [item.get("jobId") for item in (body if isinstance(body, list) else [body]) if isinstance(item, dict)]
        return {str(int(str(each))) for each in named if _is_id(each)}

    def _with_own_name(self, parameters: Any) -> dict[str, Any]:
        name = parameters.get("jobName", "generated")
        # Names that are not strings stay: they are generated to be rejected.
        named = {"jobName": self.jobs.target.own.prefix + name} if isinstance(name, str) else {}
        return {**parameters, **named}

    def _tame(self, case: AnyCase) -> None:
        for body in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(body, dict) and "FakeSource" in repr(body.get("source")):
                body.update(self.jobs.batch())


_ON_DUTY: Final[dict[int, Guard]] = {}
"""The guards of running checks, by the identity of their schema's hooks. Hooks are called for all checks."""


@on
def before_call(context: HookContext, case: AnyCase, kwargs: dict[str, Any]) -> None:  # noqa: ARG001 - schemathesis' signature
    """Pass a request to the guard of its check, which may change it, before it is sent."""
    guard = _ON_DUTY.get(id(case.operation.schema.hooks))
    if guard is not None and case.method.upper() not in READING:
        guard.before(case)


@on
def after_call(context: HookContext, case: AnyCase, response: Response) -> None:  # noqa: ARG001 - schemathesis' signature
    """Pass a response to the guard of its check."""
    guard = _ON_DUTY.get(id(case.operation.schema.hooks))
    if guard is not None:
        complete(response)
        guard.after(case, response)


_MOST_LOOKED_UP: Final = 8
"""The maximum number of ids of one request that are looked up; further ids are replaced."""

_ID: Final = re.compile(r"[+-]?\d{1,19}")


def _is_id(value: Any) -> bool:
    """Return whether the engine accepts a value as a job id."""
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(_ID.fullmatch(str(value)))
