"""The shapes in which an answer shows a job, as the contract names them: facts say which schema is which form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seatunnel_openapi import Contract


@dataclass(frozen=True, slots=True)
class Form:
    """One shape of an object: the members that it must have, and those that it can have."""

    name: str
    required: frozenset[str]
    members: frozenset[str]

    @classmethod
    def named(cls, contract: Contract, name: str) -> Self:
        """Read a form from the component schema of that name."""
        schema = contract.schema(name)
        return cls(name, frozenset(schema.get("required", ())), frozenset(schema.get("properties", ())))

    def fits(self, document: Any) -> bool:
        """Tell whether a document is an object with all members that this form requires."""
        return isinstance(document, Mapping) and self.required <= document.keys()


@dataclass(frozen=True, slots=True)
class JobForms:
    """The three shapes of a job as one operation shows it."""

    running: Form
    finished: Form
    unknown: Form

    @classmethod
    def of(cls, contract: Contract, operation_id: str) -> Self:
        """Read the forms of an operation from its facts `runningForm`, `finishedForm` and `unknownForm`."""
        facts = contract.operation(operation_id).behaviour
        running, finished, unknown = (facts.choice(f"{kind}Form") for kind in ("running", "finished", "unknown"))
        return cls(Form.named(contract, running), Form.named(contract, finished), Form.named(contract, unknown))


def end_member(form: Form) -> str:
    """Return the member of a finished form that tells when the job ended; releases disagree about its name."""
    return next(name for name in sorted(form.members) if re.fullmatch("finish(ed)?time", name, re.IGNORECASE))


def counters(metrics: Any) -> dict[str, str]:
    """Return the counters of a `metrics` object under lower-case names: releases disagree about the case only."""
    if not isinstance(metrics, Mapping):
        return {}
    return {name.lower(): value for name, value in metrics.items() if isinstance(value, str)}
