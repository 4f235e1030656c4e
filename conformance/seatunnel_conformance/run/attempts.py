"""A planned check, and the call of its function: its exceptions become verdicts.

If one cause prevents several checks, only one check reports it; the others point to this check.
"""

from __future__ import annotations

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from threading import Lock
from typing import Any, ClassVar, Final, Self

from seatunnel_conformance import CHECKING, errors
from seatunnel_conformance.arrange.comparisons import SeveralFindings
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.failover import Failover
from seatunnel_conformance.arrange.leftovers import JournalNotKept
from seatunnel_conformance.arrange.options import FAILOVER
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.report.outcomes import WITH_JOBS, Outcome, Verdict, group
from seatunnel_conformance.run.findings import failure_of
from seatunnel_conformance.target.exchange import BodyMismatch, Exchange, MemberLacking
from seatunnel_conformance.target.routes import find, label
from seatunnel_conformance.text.redaction import redact_text
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level, facts_read


class Needs(Enum):
    """The parts of the target that no other check may use while a check runs."""

    GENERATION = auto()
    """The processor of the suite's own machine: more than a few generated tests at the same time are not faster."""
    HISTORIES = auto()
    """The results of the stateful tests. The first stateful checks make them for all, and set tags."""
    TAGS = auto()
    """The tags of the node."""
    LOGGERS = auto()
    """The loggers of the node."""
    QUIET = auto()
    """The check counts the cluster's jobs: no other check may change them."""
    SLOTS = auto()
    """Slots for its jobs. Some targets have a fixed number of slots."""
    LAST = auto()
    """All responses of the run: the check begins when all checks without this need have ended."""


class Kind(ABC):
    """A kind of check. The class plans its checks; an instance belongs to one check, and runs it.

    With `is_linked`, a check sends requests to each operation to which its links lead. With `is_step`, a failed check
    is reported under the operation of its first wrong step.
    """

    __slots__ = ()

    is_linked: ClassVar[bool] = False
    is_step: ClassVar[bool] = False

    @property
    @abstractmethod
    def why(self) -> str:
        """Why a failure matters to a client."""

    @property
    @abstractmethod
    def place(self) -> tuple[str, int]:
        """The file and the line (from 1) with the code of the check, for editors."""

    @property
    def cost(self) -> int:
        """How long a check takes, as a rank: 0 is the quickest. A trial of a fault runs quick checks first."""
        return 2

    @classmethod
    @abstractmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield the checks for a contract, selected or not."""

    @abstractmethod
    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Run a check and return its outcome."""

    @property
    def needs(self) -> Iterable[Needs]:
        """The parts of the target that a check needs for itself."""
        return ()


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A check of a run.

    `id` is a clause id, or starts with a clause id or an operation (`GET /overview`). `text` is what it requires of the
    target. `writes` tells that it may change the target. `names` are further names that `--only` and `--skip` match.
    `skipped` is the reason if it does not run, else None.
    """

    id: str
    level: Level
    text: str
    operation: str | None
    writes: bool
    kind: Kind
    names: tuple[str, ...] = ()
    skipped: Reason | None = None

    @classmethod
    def of_clause(cls, contract: Contract, clause_id: str, **more: object) -> Self:
        """Return a check of a clause, with the clause's level, text, operation and names. `more` are other fields."""
        clause = next(one for one in contract.clauses if one.id == clause_id)
        operation = label(contract.operation(clause.operation_id)) if clause.operation_id else None
        names = (clause.operation_id, operation) if clause.operation_id and operation else ()
        given = {"id": clause.id, "level": clause.level, "text": clause.text, "operation": operation, "names": names}
        return cls(**{**given, **more})  # type: ignore[arg-type]


def reason_to_skip(settings: Settings, *, writes: bool, jobs: bool) -> Reason | None:
    """Return why a check that changes the target (`writes`) or starts `jobs` is skipped; None if it runs."""
    profile = settings.depth
    if jobs and not profile.jobs:
        return Reason(ReasonKind.NO_JOBS, profile.name)
    if writes and not profile.writes:
        return Reason(ReasonKind.ONLY_READS, profile.name)
    if writes and not settings.may_write:
        return Reason(ReasonKind.NOT_ALLOWED)
    return None


_TARGET: Final = "the target"

_OF_EVERY_RESPONSE: Final = ("http", FAILOVER)
"""Groups of clauses about all operations. If a body is no JSON, the check fails, whatever the operation."""

_CERTAIN: Final = (errors.EndedByItself, errors.EntryMissing, errors.MemberMissing)
"""Errors that fail a check if the check of their clause has passed: no other check reports them then."""

_OF_THE_TARGET: Final = (errors.DetailsRefused, errors.OperationMissing)
"""Errors that fail a check if the check that reports them is not part of the run."""


@dataclass(slots=True)
class Causes:
    """The causes that prevent checks of a run, and the check that reports each cause. It is thread-safe.

    `planned` are the ids of the checks that run, `clauses` the ids of the contract's clauses. If a broken clause
    prevents checks, the clause's own check reports it. If the clause's own check is not planned, is skipped or has
    passed, the first prevented check reports it.
    """

    planned: frozenset[str] = frozenset()
    clauses: frozenset[str] = frozenset()
    _reporters: dict[str, tuple[str, str]] = field(default_factory=dict)
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, context: Context, checks: Callable[[], Iterable[PlannedCheck]] = tuple) -> Causes:
        """Return the causes of a run, one object for all checks. Only the first call needs the run's `checks`."""
        clauses = frozenset(clause.id for clause in context.contract.clauses)
        return context.once(cls, lambda: cls(frozenset(check.id for check in checks() if not check.skipped), clauses))

    def judge(self, error: errors.Inconclusive, check_id: str) -> tuple[Verdict, Reason]:
        """Return the verdict for a check that ended with an error, and the reason."""
        if not isinstance(error, errors.Unarranged):
            return Verdict.INCONCLUSIVE, error.reason
        if error.see == check_id:
            return Verdict.FAIL if isinstance(error, errors.ArrangementFailed) else Verdict.INCONCLUSIVE, error.reason
        reporter = self._reporter(error.see, check_id, str(error))
        if reporter != check_id:
            return Verdict.SKIPPED, replace(error.reason, see=reporter)
        is_left_out = isinstance(error, _OF_THE_TARGET) and error.see not in self.planned
        if is_left_out or (isinstance(error, _CERTAIN) and self._verdicts.get(error.see) is Verdict.PASS):
            return Verdict.FAIL, error.reason
        return Verdict.INCONCLUSIVE, replace(error.reason, see=error.see if error.see in self.clauses else "")

    def check_of(self, operation: str) -> str:
        """Return the id of the check that reads an operation while jobs run; without such a check, the operation."""
        with_jobs = f"{operation}, {WITH_JOBS}"
        return with_jobs if with_jobs in self.planned else operation

    def not_run(self, error: errors.Inconclusive, check_id: str) -> tuple[Verdict, Reason]:
        """Return the verdict for a check that one of `OF_ALL_CHECKS` prevents, and the reason."""
        if self._reporter(_TARGET, check_id, str(error)) == check_id:
            return Verdict.INCONCLUSIVE, error.reason
        return Verdict.SKIPPED, Reason(ReasonKind.NOT_RUN, str(error))

    def _reporter(self, cause: str, check_id: str, reason: str) -> str:
        with self._lock:
            reports = cause in self.planned and self._verdicts.get(cause) not in {Verdict.PASS, Verdict.SKIPPED}
            return self._reporters.setdefault(cause, (cause if reports else check_id, reason))[0]

    def concluded(self, outcome: Outcome) -> Outcome:
        """Record and return an outcome. A passed check becomes inconclusive if other checks name it as their cause."""
        with self._lock:
            self._verdicts[outcome.id] = outcome.verdict
            reporter, reason = self._reporters.get(outcome.id, ("", ""))
        if outcome.verdict is not Verdict.PASS or reporter != outcome.id:
            return outcome
        return replace(
            outcome, verdict=Verdict.INCONCLUSIVE, reason=f"it passed, but a check that depends on it did not: {reason}"
        )


OF_ALL_CHECKS: Final = (errors.TargetUnreachable, JournalNotKept)
"""Errors after which the run begins no further check."""

_ATTEMPTS: Final = 3
"""How often a check is tried that loses a stop. A busy 2.3.13 lost one in two attempts of a check that stops four."""

_SHOWN_EXCHANGES: Final = 4


def not_made(context: Context, check: PlannedCheck, error: errors.Inconclusive, **more: Any) -> Outcome:
    """Return the outcome of a check that ended with an error. `more` are fields of the outcome, such as findings."""
    causes = Causes.of(context)
    concluded = causes.not_run if isinstance(error, OF_ALL_CHECKS) else causes.judge
    verdict, reason = concluded(error, check.id)
    reason = replace(reason, said=redact_text(reason.said))
    return outcome_of(context, check, verdict, reason=reason, **more)


def attempt(context: Context, check: PlannedCheck, function: Callable[[Mapping[str, Any]], None]) -> Outcome:
    """Call the function of a check with all arguments that a check can have, and return the outcome."""
    begun, figures = time.monotonic(), list[str]()
    with context.target.watched() as exchanges, facts_read() as facts:
        try:
            provided = _provided(context, check) | {"figures": figures}
            for left in reversed(range(_ATTEMPTS)):
                try:
                    function(provided)
                    break
                except errors.StopLost:
                    if not left:
                        raise
        except Exception as error:  # noqa: BLE001 - every exception becomes the verdict of the check
            outcome = _failed(context, check, error, exchanges)
            errors.forget_frames(error)
        else:
            outcome = outcome_of(context, check, Verdict.PASS)
        finally:
            context.tags.restore()
        taken = time.monotonic() - begun
        return replace(outcome, requests=len(exchanges), seconds=taken, figures=tuple(figures), facts=frozenset(facts))


def _provided(context: Context, check: PlannedCheck) -> dict[str, Any]:
    allowed = check.writes and context.settings.may_write
    target = context.target.writing(allowed=allowed)
    nodes = (target, *(node.writing(allowed=allowed) for node in context.others))
    contract = _of_short_lists(context) if group(check.id) == "http" else context.contract
    provided: dict[str, Any] = {"contract": contract, "jobs": context.jobs, "tags": context.tags}
    if context.settings.profile == FAILOVER:
        provided["failover"] = context.once(Failover, lambda: Failover.of(context.settings, nodes, context.jobs))
    return provided | {
        "target": target,
        "nodes": nodes,
        "unused_id": context.jobs.new_id(),
        "observer": context.observer,
    }


def _of_short_lists(context: Context) -> Contract:
    """Return the contract without the operations that respond with a long list of jobs.

    Rules for every operation are checked without them: an engine takes seconds for a long list, even for HEAD.
    """
    lists = context.target.wire.lists
    short = tuple(one for one in context.contract.operations if not (one.method == "GET" and lists.is_long(one.path)))
    # The same object, if no list is long: what is derived from a contract is cached for it.
    is_same = len(short) == len(context.contract.operations)
    return context.contract if is_same else replace(context.contract, operations=short)


def _failed(context: Context, check: PlannedCheck, error: Exception, exchanges: list[Exchange]) -> Outcome:
    shown: Sequence[Exchange] = exchanges[-_SHOWN_EXCHANGES:]
    if isinstance(error, errors.NotObservable):
        return outcome_of(context, check, Verdict.SKIPPED, reason=error.reason)
    if isinstance(error, BodyMismatch) and (other := _other_operation(context, check, exchanges)):
        # The checks of that operation report this; the check here can't be made without the response.
        see = Causes.of(context).check_of(other)
        return not_made(context, check, errors.Unarranged(str(error), see), exchanges=shown)
    if isinstance(error, errors.Inconclusive):
        outcome = not_made(context, check, _of_operation(context, error, exchanges), exchanges=shown)
        if outcome.verdict is not Verdict.FAIL:
            return outcome
        error = AssertionError(str(error)).with_traceback(error.__traceback__)
    if not is_about_the_response(error):
        return outcome_of(context, check, Verdict.INCONCLUSIVE, reason=own_failure(error), exchanges=shown)
    if isinstance(error, SeveralFindings):
        shown = error.exchanges[:_SHOWN_EXCHANGES]
        if check.kind.is_step:
            check = replace(check, operation=_last_operation(context, shown[:1]) or check.operation)
        return outcome_of(context, check, Verdict.FAIL, reason=str(error), findings=error.findings, exchanges=shown)
    reason, finding, shown = failure_of(error, exchanges, context.target)
    check = _of_resource(context, check, shown)
    return outcome_of(context, check, Verdict.FAIL, reason=reason, findings=(finding,), exchanges=shown)


def _of_resource(context: Context, check: PlannedCheck, exchanges: Sequence[Exchange]) -> PlannedCheck:
    """Return a check with the operation of its last exchange, if method and first path segment are the same.

    Some clauses are about several operations, for example `/finished-jobs` and `/finished-jobs/{state}`.
    """
    if _is_derived(check):
        return check
    found = _last_operation(context, exchanges)
    return replace(check, operation=found) if _is_of_resource(check, found) else check


def _other_operation(context: Context, check: PlannedCheck, exchanges: Sequence[Exchange]) -> str:
    """Return the operation of the last exchange; empty if there is none, or if the check is about this operation."""
    found = "" if group(check.id) in _OF_EVERY_RESPONSE else _last_operation(context, exchanges)
    is_own = found == check.operation if _is_derived(check) else _is_of_resource(check, found)
    return "" if is_own else found


def _is_derived(check: PlannedCheck) -> bool:
    """Return whether a check is derived from one operation, its only one."""
    return check.id.startswith(f"{check.operation},")


def _is_of_resource(check: PlannedCheck, operation: str) -> bool:
    return operation.split("/")[:2] == (check.operation or "").split("/")[:2]


def _of_operation(context: Context, error: errors.Inconclusive, exchanges: list[Exchange]) -> errors.Inconclusive:
    """Return a missing or broken response as an error of its operation, so that one check reports it."""
    if not isinstance(error, errors.IncompleteResponse) or isinstance(error, errors.TargetUnreachable):
        return error
    found = _last_operation(context, exchanges)
    return errors.Unarranged(str(error), f"a response of {found}") if found else error


def _last_operation(context: Context, exchanges: Sequence[Exchange]) -> str:
    """Return the operation of the last exchange; empty without one."""
    if not exchanges:
        return ""
    request = exchanges[-1].request
    path = request.target.partition("?")[0].removeprefix(context.target.context_path)
    operation, _ = find(context.contract, request.method, path)
    return label(operation) if operation else ""


def outcome_of(
    context: Context,
    check: PlannedCheck,
    verdict: Verdict,
    *,
    reason: Reason | str = "",
    exchanges: Sequence[Exchange] = (),
    **more: Any,
) -> Outcome:
    """Return an outcome of a check, without secrets. `exchanges` are shown in it; `more` are further fields."""
    outcome = Outcome(
        id=check.id,
        verdict=verdict,
        level=check.level,
        text=check.text,
        operation=check.operation,
        why=check.kind.why if verdict is Verdict.FAIL else "",
        only=context.settings.command(check.id),
        docs=_docs(check, context.contract),
        exchanges=tuple(exchange.reported() for exchange in exchanges),
        **more,
    ).judged(verdict, reason if isinstance(reason, Reason) else Reason(said=reason))
    return outcome.redacted(context.target.wire.redactor)


def _docs(check: PlannedCheck, contract: Contract) -> str:
    """Return the place of a clause in the built documentation, empty for checks of no clause."""
    clause = next((clause for clause in contract.clauses if clause.id == check.id), None)
    if clause is None:
        return ""
    page = f"operations/{clause.operation_id}" if clause.operation_id else f"rules/{check.id.partition('.')[0]}"
    return f"{page}.html#{check.id}"


def is_about_the_response(error: Exception) -> bool:
    """Return whether an exception shows that a response is wrong; others are defects of the suite.

    A failed assert shows it, and so does an exception of a check's own code, such as that of `response["jobId"]` for a
    missing member: with the correct responses of the reference server, no check raises one.
    """
    if isinstance(error, AssertionError):
        return True
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    stumbled = isinstance(error, (LookupError, TypeError, ValueError, AttributeError, StopIteration))
    # For a missing member, a method of the suite's own dictionary raises the error: its caller counts.
    frame = frame.f_back if isinstance(error, MemberLacking) and frame.f_back else frame
    module: str = frame.f_globals["__name__"]
    return stumbled and module.startswith(CHECKING)


def own_failure(error: Exception) -> str:
    """Return the reason of an outcome that a defect of the suite has made inconclusive."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return redact_text(f"the suite itself failed: {type(error).__name__}: {error} ({place.name}, line {place.lineno})")
