"""The parameters of a submission: in the query of one job, in the member `params` of each of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote_plus

from seatunnel_openapi.behaviour import Behaviour
from seatunnel_server.engine.errors import EngineError, EngineFailure, IllegalArgument

_PAIR: Final = 2


class ParamsEmpty(IllegalArgument):
    """`params` has no member, or one with an empty value."""

    def __init__(self) -> None:
        super().__init__("Invalid Params format in Params.")


class ParamsRefused(IllegalArgument):
    """`params` is missing or of the wrong kind, for releases that say so."""


class ParamsUnexpected(EngineFailure):
    """`params` is missing or of the wrong kind, and the engine is not prepared for that."""


class IllegalEscape(IllegalArgument):
    """A value has a percent sign that escapes nothing (`submit-jobs/params-bad-escape`)."""

    def __init__(self, value: str) -> None:
        super().__init__(f'URLDecoder: Illegal hex characters in escape (%) pattern - "{value}"')
        self.value = value


@dataclass(frozen=True, slots=True)
class SubmissionParams:
    """The id and name that a job is to have, and whether it starts from a savepoint; all as text."""

    job_id: str | None = None
    job_name: str | None = None
    is_start_with_save_point: str | None = None
    restore_mode: str | None = None
    restored_from: str | None = None

    @property
    def from_savepoint(self) -> bool:
        """Whether the job starts from a savepoint: `true` in any letter case, or a mode to restore it in."""
        return self.restore_mode is not None or (self.is_start_with_save_point or "").lower() == "true"

    @classmethod
    def parse(cls, params: Any, facts: Behaviour) -> Self:
        """Read `params` as the engine does: glued together as a query string, and split again.

        So an equals sign ends a value, an ampersand begins another pair, and a slash at the very end is lost. Recorded
        in `submit-jobs/params-*`. Raises one of the classes above.
        """
        pairs = _pairs(params, facts)
        glued = "&".join(f"{name}={value}" for name, value in pairs).removesuffix("/")
        found: dict[str, str] = {}
        for pair in _java_split(glued, "&"):
            parts = _java_split(pair, "=")
            if len(parts) < _PAIR:
                raise ParamsEmpty
            found[parts[0]] = _decoded(parts[1])
        return cls(found.get("jobId"), found.get("jobName"), found.get("isStartWithSavePoint"))


def _pairs(params: Any, facts: Behaviour) -> list[tuple[str, str]]:
    if params is None:
        raise _trouble(facts.choice("missingParams"), "params is missing")
    if not isinstance(params, dict):
        raise ParamsUnexpected("params is not an object")
    if not params:
        raise ParamsEmpty if facts.choice("emptyParams") == "bad-request" else ParamsUnexpected("params is empty")
    for name, value in params.items():
        if not isinstance(value, str | None):
            raise _trouble(facts.choice("nonTextParam"), f"the value of {name} in params is not a string")
    return [(name, "null" if value is None else value) for name, value in params.items()]


def _java_split(text: str, separator: str) -> list[str]:
    """Split a text as Java does: empty pieces at its end are none."""
    pieces = text.split(separator)
    while len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    return pieces


def _trouble(refusal: str, message: str) -> EngineError:
    return ParamsRefused(message) if refusal == "bad-request" else ParamsUnexpected(message)


def _decoded(value: str) -> str:
    escapes = value.split("%")[1:]
    if any(len(rest) < 2 or not _is_hex(rest[:2]) for rest in escapes):  # noqa: PLR2004 - digits of an escape
        raise IllegalEscape(value)
    return unquote_plus(value)


def _is_hex(text: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in text)
