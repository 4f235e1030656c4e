"""The changes of a run to its target, known before it starts: numbers of requests, operations, names.

The numbers are limits: a check that would send more changing requests is stopped. Each check has a share, enough for a
target that conforms. Further requests, for example after failures, come from a reserve for all checks of its kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.run.planned import ChangingRequests, Kind, PlannedCheck
from seatunnel_conformance.run.selection import select
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.limits import Reserve
from seatunnel_openapi import Contract


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes of a run. `names` are the patterns of the names of its jobs and tags."""

    run: str
    rows: tuple[ChangingRequests, ...]

    @property
    def total(self) -> int:
        """The maximum number of changing requests."""
        return sum(row.at_most for row in self.rows)

    @property
    def names(self) -> dict[str, str]:
        """The names of the run's own jobs and tags."""
        prefix = OwnIds(self.run).prefix
        return {"jobs": f"{prefix}*", "tags": prefix.rstrip("-")}

    @property
    def line(self) -> str:
        """The changes in one sentence."""
        every = dict.fromkeys(operation for row in self.rows for operation in row.operations)
        operations = ", ".join(operation.removeprefix("POST ") for operation in sorted(every))
        return f"at most {self.total} requests that change the target ({operations}), jobs named {self.names['jobs']}"

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        rows = [
            {"what": row.what, "operations": list(row.operations), "checks": row.checks, "atMost": row.at_most}
            for row in self.rows
        ]
        return {"run": self.run, "atMost": self.total, "names": self.names, "requests": rows}


@dataclass(frozen=True, slots=True)
class Allowances:
    """The numbers of changing requests that checks can send: shares, and reserves by kind, which are used up."""

    settings: Settings
    contract: Contract
    checks: Sequence[PlannedCheck] = field(repr=False)
    _reserves: dict[type[Kind], Reserve] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, context: Context) -> Self:
        """Return the allowances of a run, for its plan, or for the checks that its settings select."""
        settings, contract = context.settings, context.contract
        return context.once(cls, lambda: cls(settings, contract, select(settings, contract).checks))

    def share(self, check: PlannedCheck) -> int:
        """Return the share of a check."""
        may_write = self.settings.may_write and not check.skipped
        return check.kind.share(check, self.settings, self.contract) if may_write else 0

    def reserve(self, kind: Kind) -> Reserve:
        """Return the reserve of a kind of checks."""
        own = kind.counted_as()
        return self._reserves.setdefault(own, Reserve(own.reserve(self.settings, self._running(own))))

    def _running(self, kind: type[Kind]) -> list[PlannedCheck]:
        every = self.checks if self.settings.may_write else ()
        return [one for one in every if one.kind.counted_as() is kind and not one.skipped]

    def writing(self, kind: type[Kind]) -> list[PlannedCheck]:
        """Return the checks of a kind that can change the target, by their share or the reserve."""
        return [one for one in self._running(kind) if self.share(one) or kind.shares_reserve]

    def changes(self) -> Changes:
        """Return the changes of all checks."""
        kinds = dict.fromkeys(check.kind.counted_as() for check in self.checks)
        shares = {kind: [(one, self.share(one)) for one in self.writing(kind)] for kind in kinds}
        rows = (row for kind, found in shares.items() for row in kind.changes(self.settings, found))
        return Changes(self.settings.run, tuple(row for row in rows if row.at_most))
