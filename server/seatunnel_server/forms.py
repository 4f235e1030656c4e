"""Jobs as ready bytes: encoded once for each state that a job is in, and proven once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from seatunnel_server.encoders import Encoder
from seatunnel_server.engine.domain import Job
from seatunnel_server.errors import ContractViolation
from seatunnel_server.schemas import Schema

_SPARE: Final = 1024
_PIECE_JOBS: Final = 128


class JobForm:
    """One shape of a job on the wire, such as `RunningJob`.

    `proof` is the schema that every encoded job is held against; None when responses are not validated. The bytes are
    kept for the jobs seen last, at least twice as many as the longest list.
    """

    def __init__(self, encode: Encoder, proof: Schema | None, operation_id: str) -> None:
        self._encode = encode
        self._proof = proof
        self._operation_id = operation_id
        self._known: dict[int, tuple[Job, bytes]] = {}
        self._pieces: dict[tuple[int, int], tuple[tuple[Job, ...], bytes]] = {}
        self._room = _SPARE

    def bytes_of(self, job: Job) -> bytes:
        """Return the job's JSON. Raises `ContractViolation` when the schema refuses it."""
        number = job.id.number
        known = self._known.get(number)
        if known is not None and (known[0] is job or _same(known[0], job)):
            return known[1]
        encoded = orjson.dumps(self._encode(job))
        if self._proof is not None:
            refusal = self._proof.refusal(orjson.loads(encoded))
            if refusal is not None:
                raise ContractViolation(self._operation_id, refusal)
        _make_room(self._known, self._room)
        self._known[number] = job, encoded
        return encoded

    def list_of(self, jobs: Sequence[Job]) -> tuple[bytes, ...]:
        """Return the JSON array of jobs, in pieces of some hundred KiB."""
        self._room = max(self._room, 2 * len(jobs) + _SPARE)
        pieces = [self._piece(tuple(jobs[at : at + _PIECE_JOBS])) for at in range(0, len(jobs), _PIECE_JOBS)] or [b","]
        pieces[0] = b"[" + pieces[0][1:]
        pieces[-1] += b"]"
        return tuple(pieces)

    def _piece(self, jobs: tuple[Job, ...]) -> bytes:
        """Return some jobs of a list, a comma before each; the bytes are kept where they can't change any more."""
        key = jobs[0].id.number, jobs[-1].id.number
        known = self._pieces.get(key)
        if known is not None and known[0] == jobs:
            return known[1]
        joined = b"," + b",".join([self.bytes_of(job) for job in jobs])
        if len(jobs) == _PIECE_JOBS and all(job.archived for job in jobs):
            _make_room(self._pieces, 4 * self._room // _PIECE_JOBS)
            self._pieces[key] = jobs, joined
        return joined


def _make_room(known: dict[Any, Any], room: int) -> None:
    """Forget the older half of what is known, if there is no room for more."""
    if len(known) >= room:
        for oldest in list(known)[: room // 2]:
            del known[oldest]


def _same(one: Job, other: Job) -> bool:
    """Tell whether two snapshots show the same: an id may be used again, so the version alone does not tell."""
    return (
        one.version == other.version
        and one.status is other.status
        and one.archived == other.archived
        and one.create_time == other.create_time
    )


def encoded(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return a JSON value as bytes, as the engine writes it: no blanks, no line end."""
    return orjson.dumps(value)
