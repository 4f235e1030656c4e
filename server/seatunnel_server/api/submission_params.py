"""The parameters of a submission: those of a query, of a form, or of the member `params` of one of several jobs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self
from urllib.parse import unquote_plus

from seatunnel_openapi.contract import Behaviour
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import EngineError, EngineFailure, IllegalArgument, InvalidNumber


class SavepointWithoutId(IllegalArgument):
    """A job should start from a savepoint, and the request does not say of which job."""

    template = "Please provide jobId when start with save point."


class RestoreRefused(IllegalArgument):
    """The mode in which a job is to be restored is unknown, or its source is missing or no number."""


class RestoreMode(StrEnum):
    """The state that a job starts from."""

    NONE = "NONE"
    SAVEPOINT = "SAVEPOINT"
    CHECKPOINT = "CHECKPOINT"

    @classmethod
    def parse(cls, word: str) -> Self:
        """Read a mode in any letter case. Raises `RestoreRefused`."""
        try:
            return cls(word.upper())
        except ValueError:
            name = f"org.apache.seatunnel.engine.core.job.RestoreMode.{word.upper()}"
            raise RestoreRefused(f"No enum constant {name}") from None


_PAIR: Final = 2


class ParamsEmpty(IllegalArgument):
    """`params` has no member, or one with an empty value."""

    template = "Invalid Params format in Params."


class ParamsRefused(IllegalArgument):
    """`params` is missing or of the wrong kind, for releases that say so."""


class ParamsUnexpected(EngineFailure):
    """`params` is missing or of the wrong kind, and the engine is not prepared for that."""


class IllegalEscape(IllegalArgument):
    """A value has a percent sign that escapes nothing (`submit-jobs/params-bad-escape`)."""

    template = 'URLDecoder: Illegal hex characters in escape (%) pattern - "{}"'


@dataclass(frozen=True, slots=True)
class SubmissionParams:
    """The id and name that a job is to have, and the state that it starts from; all as text."""

    job_id: str | None = None
    job_name: str | None = None
    is_start_with_save_point: str | None = None
    restore_mode: str | None = None
    restored_from: str | None = None

    @property
    def flagged(self) -> bool:
        """Whether the job starts from its own savepoint, if there is no mode: `true` in any letter case."""
        return (self.is_start_with_save_point or "").lower() == "true"

    @property
    def mode(self) -> RestoreMode:
        """The state that the job starts from. Raises `RestoreRefused`."""
        if self.restore_mode and self.restore_mode.strip():
            return RestoreMode.parse(self.restore_mode)
        return RestoreMode.SAVEPOINT if self.flagged else RestoreMode.NONE

    @property
    def source(self) -> JobId | None:
        """The job whose state is used; None for the job itself. Raises `InvalidNumber`."""
        return JobId.parse(self.restored_from) if self.restored_from and self.restored_from.strip() else None

    def check(self, facts: Behaviour) -> None:
        """Validate what must be there before a configuration is read. Raises `SavepointWithoutId`, `RestoreRefused`."""
        follows = facts.choice("restoreMode") == "followed"
        if self.flagged and (self.job_id is None or (follows and not self.job_id.strip())):
            raise SavepointWithoutId
        mode = RestoreMode.parse(self.restore_mode.strip()) if self.restore_mode and self.restore_mode.strip() else None
        if mode is None or mode is RestoreMode.NONE:
            return
        if not self.restored_from or not self.restored_from.strip():
            raise RestoreRefused(f"restoreSourceJobId is required when restoreMode={mode}")
        try:
            JobId.parse(self.restored_from)
        except InvalidNumber:
            raise RestoreRefused(f"restoreSourceJobId must be a numeric job id, got: {self.restored_from}") from None

    @classmethod
    def parse(cls, params: Any, facts: Behaviour) -> Self:
        """Read `params` as the engine does: glued together as a query string, and split again.

        So an equals sign ends a value, an ampersand begins another pair, and a slash at the very end is lost. Recorded
        in `submit-jobs/params-*`. Raises one of the classes above.
        """
        if params is None:
            raise _params_error(facts.choice("missingParams"), "params is missing")
        if not isinstance(params, dict):
            raise ParamsUnexpected("params is not an object")
        if not params:
            raise ParamsEmpty if facts.choice("emptyParams") == "bad-request" else ParamsUnexpected("params is empty")
        for name, value in params.items():
            if not isinstance(value, str | None):
                raise _params_error(facts.choice("nonTextParam"), f"the value of {name} in params is not a string")
        pairs = [(name, "null" if value is None else value) for name, value in params.items()]
        glued = "&".join(f"{name}={value}" for name, value in pairs).removesuffix("/")
        found: dict[str, str] = {}
        for pair in _java_split(glued, "&"):
            parts = _java_split(pair, "=")
            if len(parts) < _PAIR:
                raise ParamsEmpty
            found[parts[0]] = _decoded(parts[1])
        restored = ("restoreMode", "restoreSourceJobId") if facts.choice("restoreMode") == "followed" else ()
        names = ("jobId", "jobName", "isStartWithSavePoint", *restored)
        return cls(*(found.get(name) for name in names))


def _java_split(text: str, separator: str) -> list[str]:
    """Split a text as Java does: empty pieces at its end are none."""
    pieces = text.split(separator)
    while len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    return pieces


def _params_error(refusal: str, message: str) -> EngineError:
    return ParamsRefused(message) if refusal == "bad-request" else ParamsUnexpected(message)


def _decoded(value: str) -> str:
    escapes = value.split("%")[1:]
    if any(len(rest) < 2 or not _is_hex(rest[:2]) for rest in escapes):  # noqa: PLR2004 - digits of an escape
        raise IllegalEscape(value)
    return unquote_plus(value)


def _is_hex(text: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in text)
