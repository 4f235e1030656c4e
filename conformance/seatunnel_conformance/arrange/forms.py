"""The forms of a job in responses: schemas of the contract, selected by facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seatunnel_openapi import Contract


@dataclass(frozen=True, slots=True)
class ResponseForm:
    """One form of a job: its required members, and all its members."""

    name: str
    required: frozenset[str]
    members: frozenset[str]

    @classmethod
    def named(cls, contract: Contract, name: str) -> Self:
        """Read a form from the component schema of that name."""
        schema = contract.schema(name)
        return cls(name, frozenset(schema.get("required", ())), frozenset(schema.get("properties", ())))

    def fits(self, document: Any) -> bool:
        """Return whether a document is an object with all required members of this form."""
        return isinstance(document, Mapping) and self.required <= document.keys()


@dataclass(frozen=True, slots=True)
class JobForms:
    """The three forms of a job in the responses of one operation."""

    running: ResponseForm
    finished: ResponseForm
    unknown: ResponseForm

    @classmethod
    def of(cls, contract: Contract, operation_id: str) -> Self:
        """Read the forms of an operation from its facts `runningForm`, `finishedForm` and `unknownForm`."""
        facts = contract.operation(operation_id).behaviour
        running, finished, unknown = (facts.choice(f"{kind}Form") for kind in ("running", "finished", "unknown"))
        return cls(
            ResponseForm.named(contract, running),
            ResponseForm.named(contract, finished),
            ResponseForm.named(contract, unknown),
        )


def end_member(form: ResponseForm) -> str:
    """Return the member of a finished form for the end time, whose name differs between releases."""
    return next(name for name in sorted(form.members) if re.fullmatch("finish(ed)?time", name, re.IGNORECASE))


def counters(metrics: Any) -> dict[str, str]:
    """Return the counters of a `metrics` object with lower-case names, whose case differs between releases."""
    if not isinstance(metrics, Mapping):
        return {}
    return {name.lower(): value for name, value in metrics.items() if isinstance(value, str)}
