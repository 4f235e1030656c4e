"""The errors of the suite: reasons why a check has no verdict, and invalid settings. Packages add further subclasses.

    SuiteError
    ├── Inconclusive            no verdict, which says nothing about the target's conformance
    │   ├── TargetUnreachable   no connection
    │   │   ├── AccessDenied    the target requires credentials, or rejects them
    │   │   ├── NotTheApi       another service than the REST API V2 responds, possibly without HTTP
    │   │   └── RedirectedElsewhere   the target redirects every request to another address
    │   ├── IncompleteResponse  the response broke off, or did not end in time
    │   │   └── ResponseTooLong   the response has more bytes, or more JSON values, than are read
    │   ├── LimitReached        the requests or the time of the run are used up
    │   └── Unarranged          something that the check needs, and the clause `see` requires, is missing
    │       ├── LimitMissed         it did not come in time
    │       ├── NoSlots             a job of the suite failed because all slots of the target were taken
    │       └── ArrangementFailed   a response of the target breaks the clause
    │           ├── OperationMissing   the target lacks an operation of its release
    │           ├── DetailsRefused  `/job-info` returns an error for an accepted job
    │           ├── MemberMissing   a response lacks a member
    │           ├── EntryMissing    a list lacks a job
    │           └── EndedByItself   a streaming job has ended
    ├── NotObservable           the clause can't be checked on this target: skipped, with the reason
    │   ├── SingleNode          only one node of the cluster is given
    │   └── WriteForbidden      the check would change the target, which is not allowed
    ├── RegistryError
    │   ├── DuplicateRegistration   two checks name one clause
    │   └── MisnamedCheck       a clause id does not end with the name of its function
    └── InvalidSettings         the settings are invalid, or a file that they name can't be read
        └── UnknownProfile

A `Reason` for a missing verdict has a kind, for programs, and the values for the sentence of this kind.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from seatunnel_conformance.text.redaction import redact_text, redact_url
from seatunnel_conformance.text.visible import visible


class ReasonKind(StrEnum):
    """The kind of a reason why a check has no verdict; the values are part of the event format."""

    STATED = ""
    """Any other reason; its sentence is in `Reason.said`."""
    NO_JOBS = "profile-without-jobs"
    ONLY_READS = "profile-only-reads"
    NOT_ALLOWED = "writes-not-allowed"
    SINGLE_NODE = "single-node"
    NO_FAILOVER = "other-profile"
    FAILOVER_NOT_ALLOWED = "failover-not-allowed"
    NO_SLOTS = "no-slots"
    UNREACHABLE = "unreachable"
    NOT_RUN = "not-run"
    """The run stopped before the check, for example because the target had become unreachable."""
    SLOW = "slow"


_WORDS: Final = {
    ReasonKind.NO_JOBS: "the profile {said} runs no jobs",
    ReasonKind.ONLY_READS: "the profile {said} only reads",
    ReasonKind.NOT_ALLOWED: "the check changes the target; --allow-writes permits it",
    ReasonKind.SINGLE_NODE: "only one node of the cluster is given; --node adds another",
    ReasonKind.NO_FAILOVER: "the check needs --profile failover --failover, which stops the master of the cluster",
    ReasonKind.FAILOVER_NOT_ALLOWED: "the check stops the master of the cluster; --failover permits it",
    ReasonKind.NO_SLOTS: "the target has a fixed number of slots, of which fewer than {said} are free",
    ReasonKind.NOT_RUN: "not run: {said}",
}
"""The sentence of each kind; for other kinds, `Reason.said` is the whole sentence."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a check has no verdict.

    `said` is the value to insert into the sentence of its kind, or the whole sentence. `see` is the id of the check
    that reports the cause, or empty.
    """

    kind: ReasonKind = ReasonKind.STATED
    said: str = ""
    see: str = ""

    def __str__(self) -> str:
        sentence = _WORDS.get(self.kind, "{said}").format(said=self.said)
        return f"{sentence}; see {self.see}" if self.see else sentence


def forget_frames(error: BaseException | None) -> None:
    """Clear the tracebacks of an error and its causes, because their local variables keep whole responses in memory."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class SuiteError(Exception):
    """Base of all errors of the suite. `str()` is a message for users, with control characters escaped.

    `exit` is the exit status of a command that fails with it, `hint` tells the user what to do.
    """

    kind: ClassVar[ReasonKind] = ReasonKind.STATED
    exit: ClassVar[int] = 2
    hint: str = ""

    def __init__(self, message: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.hint

    def __str__(self) -> str:
        return visible(super().__str__())

    @property
    def reason(self) -> Reason:
        """The error as the reason why a check has no verdict."""
        return Reason(self.kind, str(self))


class Inconclusive(SuiteError):
    """The check could not be completed. This says nothing about the target's conformance."""

    exit = 5


class TargetUnreachable(Inconclusive):
    """No connection to the target could be made."""

    kind = ReasonKind.UNREACHABLE
    exit = 3
    what: ClassVar[str] = "can't be reached"

    def __init__(
        self,
        url: str,
        reason: str,
        hint: str = "check that the engine is running and that seatunnel.yaml has `enable-http: true`",
    ) -> None:
        super().__init__(f"{redact_url(url)} {self.what}: {redact_text(reason)}")
        self.hint = hint


class AccessDenied(TargetUnreachable):
    """The target refuses requests without credentials, or with the credentials of the run."""

    what = "denies access"


class RedirectedElsewhere(TargetUnreachable):
    """The target redirects every request to another address. The suite does not follow it."""

    what = "is elsewhere"


class NotTheApi(TargetUnreachable):
    """Another service than SeaTunnel's REST API V2 responds at this address; the hint says what to check."""

    what = "is not SeaTunnel's REST API V2"


class IncompleteResponse(Inconclusive):
    """A connection was made, but no complete response came: it broke off, was too slow or too long.

    `problem` is the message without the request.
    """

    def __init__(self, problem: str, request: object = "") -> None:
        super().__init__(f"{request}: {problem}" if request else problem)
        self.problem = visible(problem)


class ResponseTooLong(IncompleteResponse):
    """The response is longer than the suite reads."""


class LimitReached(Inconclusive):
    """The run has used up its requests or its time, so the check was not completed."""


class Unarranged(Inconclusive):
    """Something that the check needs, such as a running job, could not be provided.

    `see` is the id of the clause that requires it, whose check reports the problem. Without such a clause, it is a name
    for the cause.
    """

    def __init__(self, message: str, see: str) -> None:
        super().__init__(message)
        self.see = see


class LimitMissed(Unarranged):
    """Something did not come in time, possibly only because the target is slow."""

    kind = ReasonKind.SLOW

    def __init__(self, awaited: str, seconds: float, last: str, see: str = "") -> None:
        result = (
            f"did not come within {round(seconds, 1):g} s" if seconds else "is no longer waited for, as it never came"
        )
        super().__init__(f"{awaited} {result}; last seen: {last}", see or awaited)


class NoSlots(Unarranged):
    """A job of the suite failed because the target had no free slots for it."""

    def __init__(self, job_id: str) -> None:
        message = f"all slots of the target were taken, so that the job {job_id} could not run"
        super().__init__(message, "slots of the target")


class ArrangementFailed(Unarranged):
    """A response breaks the clause `see`, on which the check depends. The clause's own check reports it."""


class OperationMissing(ArrangementFailed):
    """The target lacks an operation of its release. One check reports it; other checks of the operation are skipped."""

    def __init__(self, operation: str, response: str) -> None:
        super().__init__(f"the target does not have {operation}: {response}", operation)


class DetailsRefused(ArrangementFailed):
    """`/job-info` returns an error for an accepted job. The check of all responses of `/job-info` reports it."""

    def __init__(self, job_id: str, status: int) -> None:
        super().__init__(
            f"/job-info for the accepted job {job_id} was answered {status}", "GET /job-info/{jobId}, whole run"
        )


class MemberMissing(ArrangementFailed):
    """A response lacks a member that the check reads and that the clause `see` requires."""

    def __init__(self, name: str, see: str) -> None:
        super().__init__(f"depends on `{name}`, which is missing", see)


class EntryMissing(ArrangementFailed):
    """A list lacks a job that the clause `see` requires it to have."""

    def __init__(self, job_id: str, see: str) -> None:
        super().__init__(f"depends on the job {job_id}, which the list does not have", see)


class EndedByItself(ArrangementFailed):
    """A streaming job has ended, although no request stopped it."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"a streaming job has ended by itself: {shown}", "life-cycle.streaming-runs-on")


class StopLost(AssertionError):
    """A job failed with an internal error of the engine while it was stopped. A check is tried up to three times."""


class NotObservable(SuiteError):
    """The clause can't be checked on this target or in this run; the message says why."""


class SingleNode(NotObservable):
    """The clause is about several nodes of a cluster, but the run has one."""

    kind = ReasonKind.SINGLE_NODE

    def __init__(self) -> None:
        super().__init__(str(Reason(self.kind)))


class WriteForbidden(NotObservable):
    """A request was not sent, because it would change a target that may only be read."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"{method} {path} changes the target; only reading is allowed (--allow-writes permits it)")


class RegistryError(SuiteError):
    """The checks and the contract do not fit together: a mistake in the suite itself."""


class DuplicateRegistration(RegistryError):
    """Two checks name the same clause."""


class MisnamedCheck(RegistryError):
    """The clause id of a check does not end with the name of its function."""


class InvalidSettings(SuiteError):
    """The settings of a run are invalid or contradictory, or a file that they name can't be read."""


class UnknownProfile(InvalidSettings):
    """No profile has that name."""
