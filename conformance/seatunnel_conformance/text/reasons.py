"""Why a check has no verdict about the target: a kind and its values. The kinds are worded here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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
