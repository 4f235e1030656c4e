"""Reports each cause only once: which check reports it, and which ones are skipped and name that check."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

from seatunnel_conformance import errors
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.changes import Allowances

_TARGET: Final = "the target"

_CERTAIN: Final = (errors.EndedByItself, errors.EntryMissing, errors.MemberMissing)
"""Causes that are failures even if the check of their clause has passed before."""


@dataclass(slots=True)
class Causes:
    """The causes of a run, and the check that reports each. It can be used by several threads.

    `planned` are the ids of the checks that run. The check of its clause reports what is missing. If that check
    is not planned, or has passed, the first check that depends on it does.
    """

    planned: frozenset[str] = frozenset()
    _reporters: dict[str, tuple[str, str]] = field(default_factory=dict)
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, context: Context) -> Causes:
        """Return the causes of a run, the same for all its checks."""
        checks = Allowances.of(context).checks
        return context.once(cls, lambda: cls(frozenset(check.id for check in checks if not check.skipped)))

    def judge(self, error: errors.Inconclusive, check_id: str) -> tuple[Verdict, str]:
        """Return the verdict for a check that an error has ended, and the reason."""
        if not isinstance(error, errors.Unarranged):
            return Verdict.INCONCLUSIVE, str(error)
        if error.see == check_id:
            return Verdict.FAIL if isinstance(error, errors.ArrangementFailed) else Verdict.INCONCLUSIVE, str(error)
        reporter = self._reporter(error.see, check_id, str(error))
        if reporter != check_id:
            return Verdict.SKIPPED, f"{error}; see {reporter}"
        if isinstance(error, _CERTAIN) and self._verdicts.get(error.see) is Verdict.PASS:
            return Verdict.FAIL, str(error)
        # A cause without a clause has a name with spaces.
        return Verdict.INCONCLUSIVE, str(error) if " " in error.see else f"{error}; see {error.see}"

    def not_run(self, error: errors.Inconclusive, check_id: str) -> tuple[Verdict, str]:
        """Return the verdict for a check that has not run, because the target is gone, and the reason."""
        if self._reporter(_TARGET, check_id, str(error)) == check_id:
            return Verdict.INCONCLUSIVE, str(error)
        return Verdict.SKIPPED, f"not run: {error}"

    def _reporter(self, cause: str, check_id: str, reason: str) -> str:
        with self._lock:
            reports = cause in self.planned and self._verdicts.get(cause) not in {Verdict.PASS, Verdict.SKIPPED}
            return self._reporters.setdefault(cause, (cause if reports else check_id, reason))[0]

    def concluded(self, outcome: Outcome) -> Outcome:
        """Record an outcome, and return it: inconclusive if it has passed although other checks point to it."""
        with self._lock:
            self._verdicts[outcome.id] = outcome.verdict
            reporter, reason = self._reporters.get(outcome.id, ("", ""))
        if outcome.verdict is not Verdict.PASS or reporter != outcome.id:
            return outcome
        return replace(
            outcome, verdict=Verdict.INCONCLUSIVE, reason=f"it passed, but a check that depends on it did not: {reason}"
        )
