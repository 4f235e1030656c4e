"""A lock between processes, for state that belongs to a whole node, such as its tags."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seatunnel_conformance.errors import LimitMissed

PATIENCE = 120.0
"""Seconds to wait for a lock."""


@dataclass(slots=True)
class Lock:
    """A named lock between the processes of this machine.

    It uses SQLite's file lock: part of the standard library on every system, and released when its process dies.
    """

    name: str
    patience: float = PATIENCE
    _held: sqlite3.Connection | None = None

    @property
    def path(self) -> Path:
        """The file that is locked; it is empty, and is not removed."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"seatunnel-v2-{digest}.lock"

    def acquire(self) -> None:
        """Acquire the lock, unless it is held already. Raises `LimitMissed` after `patience` seconds."""
        if self._held is not None:
            return
        held = sqlite3.connect(self.path, timeout=self.patience, isolation_level=None)
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            held.close()
            raise LimitMissed("the lock that another process holds", self.patience, str(problem)) from problem
        self._held = held

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._held is not None:
            self._held.close()
            self._held = None
