"""What one check came to, as plain data for the event stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from seatunnel_conformance.report.check_ids import group
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.differences import Difference
from seatunnel_conformance.text.redaction import Veil
from seatunnel_openapi.clauses import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, in a sentence; details as they were found; the request that shows it.

    `differences` are the places where something else was found than is due, if they are known.
    """

    summary: str
    detail: str
    curl: str
    differences: tuple[Difference, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `dataclasses.asdict` makes of a finding."""
        return cls(**{**plain, "differences": tuple(Difference(**place) for place in plain["differences"])})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one check.

    `reason` says in one sentence why it was not passed; `why` what a client loses by that; `exchanges` are plain data
    as `Exchange.as_event` makes them; `requests` counts all requests that were sent. `docs` is the place in the built
    documentation that says more. `failures` are the kinds of all failures, in words that don't vary from run to run,
    where a check can fail in several ways. `accepted` is why the baseline of the run lists it.
    """

    id: str
    verdict: Verdict
    level: Level
    text: str
    operation: str | None
    reason: str = ""
    why: str = ""
    only: str = ""
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Mapping[str, Any], ...] = ()
    requests: int = 0
    seconds: float = 0.0
    docs: str = ""
    failures: tuple[str, ...] = ()
    accepted: str = ""

    @property
    def group(self) -> str:
        """What the check is about: the group of its clause, or its kind."""
        return group(self.id)

    def veiled(self, veil: Veil) -> Self:
        """Return the same with all that came from the target, or was said about it, under a veil."""
        return replace(
            self,
            reason=veil.text(self.reason),
            failures=tuple(map(veil.text, self.failures)),
            only=veil.text(self.only),
            findings=tuple(Finding.from_plain(veil.plain(asdict(finding))) for finding in self.findings),
            exchanges=veil.plain(self.exchanges),
        )

    def as_event(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            **asdict(self),
            "verdict": self.verdict.value,
            "level": self.level.value,
            "findings": [
                {**asdict(found), "differences": list(map(asdict, found.differences))} for found in self.findings
            ],
            "exchanges": [dict(exchange) for exchange in self.exchanges],
            "failures": list(self.failures),
            "seconds": round(self.seconds, 4),
        }

    @classmethod
    def from_event(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `as_event` has written; other members of the event are ignored."""
        # Streams of earlier versions lack what was added since.
        values = {name: plain[name] for name in cls.__slots__ if name in plain}
        values["verdict"], values["level"] = Verdict(plain["verdict"]), Level(plain["level"])
        values["findings"] = tuple(map(Finding.from_plain, plain["findings"]))
        values["exchanges"] = tuple(plain["exchanges"])
        values["failures"] = tuple(plain.get("failures", ()))
        return cls(**values)
