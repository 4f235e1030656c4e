"""Everything that can keep a check from a verdict of its own, and every way to ask the suite for something wrong.

    SuiteError
    ├── Inconclusive            no verdict, and no word against the target
    │   ├── TargetUnreachable   no connection
    │   │   ├── AccessDenied    the target wants credentials, or others
    │   │   ├── NotTheApi       something else than the REST API V2 responds, or nothing that speaks HTTP
    │   │   ├── DeploymentLost  one of two that are compared is gone (in `seatunnel_conformance.compare`)
    │   │   └── RedirectedElsewhere    the target sends everybody to another address
    │   ├── IncompleteResponse    the connection broke, dried up or never ended
    │   │   └── ResponseTooLong   the response has more bytes, or more JSON values, than are read
    │   ├── LimitReached        the run's own budget or time is used up
    │   └── Unarranged          what the check needs is not there; the clause `see` states it
    │       ├── LimitMissed         it did not come within a time limit
    │       ├── NoSlots             a job of the suite failed because all slots of the target were taken
    │       └── ArrangementFailed   a response of the target breaks the clause
    │           ├── MemberMissing   a response lacks a member
    │           ├── EntryMissing    a list lacks a job
    │           └── EndedByItself   a streaming job has ended
    ├── NotObservable           the clause cannot be seen on this target: skipped, with the reason
    │   ├── SingleNode          only one node of the cluster is given
    │   └── WriteForbidden      the check would change the target, which is not allowed
    ├── RegistryError
    │   ├── DuplicateRegistration   two checks name one clause
    │   └── MisnamedCheck       a function is not called as its clause id ends
    └── InvalidSettings         its settings are invalid, or a file that they name can't be read
        ├── UnknownProfile
        ├── UnsupportedRelease
        ├── BrokenRecording     (in `seatunnel_conformance.replay`)
        └── InvalidBaseline     (in `seatunnel_conformance.run.scoring`)

A `Reason`, why a check has no verdict, is a kind and its values. The kinds are worded here and nowhere else.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from seatunnel_conformance.text.redaction import redact_text, redact_url
from seatunnel_conformance.text.visible import visible


class ReasonKind(StrEnum):
    """The kind of a reason, as programs read it."""

    STATED = ""
    """A sentence of the check itself."""
    NO_JOBS = "profile-without-jobs"
    ONLY_READS = "profile-only-reads"
    NOT_ALLOWED = "writes-not-allowed"
    SINGLE_NODE = "single-node"
    NO_FAILOVER = "other-profile"
    FAILOVER_NOT_ALLOWED = "failover-not-allowed"
    NO_SLOTS = "no-slots"
    UNREACHABLE = "unreachable"
    NOT_RUN = "not-run"
    """The target was unreachable before the check."""
    SLOW = "slow"


_WORDS: Final = {
    ReasonKind.NO_JOBS: "the profile {said} runs no jobs",
    ReasonKind.ONLY_READS: "the profile {said} only reads",
    ReasonKind.NOT_ALLOWED: "it changes the target; --allow-writes permits it",
    ReasonKind.SINGLE_NODE: "only one node of the cluster is given; --node adds another",
    ReasonKind.NO_FAILOVER: "--profile failover --failover stops the master of the cluster",
    ReasonKind.FAILOVER_NOT_ALLOWED: "it stops the master of the cluster; --failover permits it",
    ReasonKind.NO_SLOTS: "the target has a fixed number of slots, of which fewer than {said} are free",
    ReasonKind.NOT_RUN: "not run: {said}",
}
"""The sentence of each kind; others are what was said."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason. `said` is its value or its sentence, `see` the check or clause that reports what is missing."""

    kind: ReasonKind = ReasonKind.STATED
    said: str = ""
    see: str = ""

    def __str__(self) -> str:
        sentence = _WORDS.get(self.kind, "{said}").format(said=self.said)
        return f"{sentence}; see {self.see}" if self.see else sentence


def forget_frames(error: BaseException | None) -> None:
    """Clear the local variables of the functions that an error passed through: they hold whole responses."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class SuiteError(Exception):
    """Base of all errors of the suite; `str()` is one visible sentence for the reader of a report.

    `exit` is the status of a command that it ends, `hint` says what to do.
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
        """The error as the reason of an outcome."""
        return Reason(self.kind, str(self))


class Inconclusive(SuiteError):
    """The check came to no verdict; this says nothing about the target's behaviour."""

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
    """The target responds, but refuses requests without credentials, or with these."""

    what = "denies access"


class RedirectedElsewhere(TargetUnreachable):
    """The target redirects every request to another address, which the suite does not follow."""

    what = "is elsewhere"


class NotTheApi(TargetUnreachable):
    """Something responds, but not SeaTunnel's REST API V2 at this address; the hint names what would be right."""

    what = "is not SeaTunnel's REST API V2"


class IncompleteResponse(Inconclusive):
    """A connection was made, but no whole answer came: it broke off, was too slow or too long."""


class ResponseTooLong(IncompleteResponse):
    """The response is longer than is read: this says something about the suite's limits only."""


class LimitReached(Inconclusive):
    """The run has sent or taken as much as it was allowed to, so the check was not made to its end."""


class Unarranged(Inconclusive):
    """Something that the check needs could not be arranged.

    `see` is the id of the clause that states it, whose check reports it once for all; else a name of the cause.
    """

    def __init__(self, message: str, see: str) -> None:
        super().__init__(message)
        self.see = see


class LimitMissed(Unarranged):
    """A wait reached its limit. A slow target is not a broken one."""

    kind = ReasonKind.SLOW

    def __init__(self, awaited: str, seconds: float, last: str, see: str = "") -> None:
        result = (
            f"did not come within {round(seconds, 1):g} s" if seconds else "is no longer waited for, as it never came"
        )
        super().__init__(f"{awaited} {result}; last seen: {last}", see or awaited)


class NoSlots(Unarranged):
    """A job of the suite failed because the target had no slots for it; with more of them it would have run."""

    def __init__(self, job_id: str) -> None:
        message = f"all slots of the target were taken, so that the job {job_id} could not run"
        super().__init__(message, "slots of the target")


class ArrangementFailed(Unarranged):
    """A response breaks the clause `see`, on which the check depends: the check of that clause fails."""


class OperationMissing(ArrangementFailed):
    """The target does not have an operation of its release: one check says so, for all that are about it."""

    def __init__(self, operation: str, response: str) -> None:
        super().__init__(f"the target does not have {operation}: {response}", operation)


class DetailsRefused(ArrangementFailed):
    """The details of an accepted job are answered with an error. The comparison of all responses reports them."""

    def __init__(self, job_id: str, status: int) -> None:
        super().__init__(
            f"/job-info for the accepted job {job_id} was answered {status}", "GET /job-info/{jobId}, whole run"
        )


class MemberMissing(ArrangementFailed):
    """A response lacks a member that the check reads and that the clause `see` states."""

    def __init__(self, name: str, see: str) -> None:
        super().__init__(f"depends on `{name}`, which is missing", see)


class EntryMissing(ArrangementFailed):
    """A list lacks a job that the check looks for and that has to be there by the clause `see`."""

    def __init__(self, job_id: str, see: str) -> None:
        super().__init__(f"depends on the job {job_id} in the list, which does not have it", see)


class EndedByItself(ArrangementFailed):
    """A streaming job has ended, and no request has named it after its submission."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"a streaming job has ended by itself: {shown}", "life-cycle.streaming-runs-on")


class NotObservable(SuiteError):
    """The clause cannot be seen on this target or in this run; the sentence says why."""


class SingleNode(NotObservable):
    """The clause is about several nodes of a cluster, and only one is given."""

    kind = ReasonKind.SINGLE_NODE

    def __init__(self) -> None:
        super().__init__(str(Reason(self.kind)))


class WriteForbidden(NotObservable):
    """A request that changes the target was about to be sent where only reading is allowed."""

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


class UnsupportedRelease(InvalidSettings):
    """There is no contract of that release."""
