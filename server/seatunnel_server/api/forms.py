"""A cache of encoded jobs: a job is encoded and validated again only if it has changed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, Generic, TypeVar

import orjson

from seatunnel_server.api.members import Encoder
from seatunnel_server.api.validation import Schema
from seatunnel_server.engine.domain import Job
from seatunnel_server.errors import ContractViolation

_What = TypeVar("_What")
_SPARE: Final = 1024
_PIECE_JOBS: Final = 128
_PIECE_BYTES: Final = 2**20
_KEPT_BYTES: Final = 64 * 2**20


class _ByteCache(Generic[_What]):
    """Bytes by key, each with the value that they encode; limited in number and in total size."""

    def __init__(self) -> None:
        self._all: dict[Hashable, tuple[_What, bytes]] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._all)

    def get(self, key: Hashable) -> tuple[_What, bytes] | None:
        return self._all.get(key)

    def put(self, key: Hashable, what: _What, data: bytes, room: int) -> None:
        """Store `data`. If there are `room` entries already, or too many bytes, the older half is dropped first."""
        self._drop(key)
        while self._all and (len(self._all) >= room or self._size + len(data) > _KEPT_BYTES):
            for oldest in list(self._all)[: (len(self._all) + 1) // 2]:
                self._drop(oldest)
        self._all[key] = what, data
        self._size += len(data)

    def _drop(self, key: Hashable) -> None:
        if key in self._all:
            self._size -= len(self._all.pop(key)[1])


class JobEncoding:
    """The encoding of jobs in one schema, such as `RunningJob`.

    `validated_by` is the schema that every encoded job is validated against; None if responses are not validated.
    `has_time` says whether the schema has a member with the time of the response, for which `Job.read_at` must be set.
    The bytes of the jobs read last are cached: at least twice as many as in the longest list, up to 64 MiB.
    """

    def __init__(
        self, encode: Encoder, validated_by: Schema | None, operation_id: str, *, has_time: bool = False
    ) -> None:
        self.has_time = has_time
        self._encode = encode
        self._validated_by = validated_by
        self._operation_id = operation_id
        self._known = _ByteCache[Job]()
        self._pieces = _ByteCache[tuple[Job, ...]]()
        self._capacity = _SPARE

    def bytes_of(self, job: Job) -> bytes:
        """Return the job's JSON. Raises `ContractViolation` if the schema refuses it."""
        known = self._known.get(job.id)
        if known is not None and (known[0] is job or _same(known[0], job)):
            return known[1]
        encoded = orjson.dumps(self._encode(job))
        if self._validated_by is not None:
            refusal = self._validated_by.refusal(orjson.loads(encoded))
            if refusal is not None:
                raise ContractViolation(self._operation_id, refusal)
        self._known.put(job.id, job, encoded, self._capacity)
        return encoded

    def list_of(self, jobs: Sequence[Job]) -> tuple[bytes, ...]:
        """Return the JSON array of jobs, in pieces. Raises `ContractViolation`."""
        self._capacity = max(self._capacity, 2 * len(jobs) + _SPARE)
        groups = (tuple(jobs[at : at + _PIECE_JOBS]) for at in range(0, len(jobs), _PIECE_JOBS))
        pieces = [piece for group in groups for piece in self._joined(group)] or [b","]
        pieces[0] = b"[" + pieces[0][1:]
        pieces[-1] += b"]"
        return tuple(pieces)

    def _joined(self, jobs: tuple[Job, ...]) -> Sequence[bytes]:
        """Return the JSON of some jobs of a list, a comma before each; it is cached until one of them changes."""
        key = jobs[0].id, jobs[-1].id
        known = self._pieces.get(key)
        if known is not None and known[0] == jobs:
            return (known[1],)
        each = [self.bytes_of(job) for job in jobs]
        if sum(map(len, each)) > _PIECE_BYTES:  # not joined, so that responses share the bytes instead of copying them
            return [*(part for one in each for part in (b",", one)), b""]
        joined = b"," + b",".join(each)
        self._pieces.put(key, jobs, joined, 4 * self._capacity // _PIECE_JOBS)
        return (joined,)


def _same(one: Job, other: Job) -> bool:
    """Return whether two snapshots of a job have the same JSON. Equal versions are not enough: ids can be used again.

    If a member of the JSON depended on a field that is not compared here, its old value would be sent.
    """
    return (
        one.version == other.version
        and one.status is other.status
        and one.archived == other.archived
        and one.create_time == other.create_time
        and one.read_at == other.read_at
    )
