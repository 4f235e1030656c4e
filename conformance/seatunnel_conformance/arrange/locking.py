"""One process at a time: for what belongs to a whole node, and can't be told apart by names."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seatunnel_conformance.errors import LimitMissed

PATIENCE = 120.0
"""Seconds that others may hold a lock."""


@dataclass(slots=True)
class Lock:
    """A lock among the processes of this machine, for one thing that has a name.

    It is SQLite's lock on a file: in the standard library on every system, and gone with the process that holds it.
    """

    name: str
    patience: float = PATIENCE
    _held: sqlite3.Connection | None = None

    @property
    def path(self) -> Path:
        """The file that is locked; it stays, empty."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"seatunnel-v2-{digest}.lock"

    def acquire(self) -> None:
        """Take the lock, or keep it. Raises `LimitMissed` when others hold it for too long."""
        if self._held is not None:
            return
        held = sqlite3.connect(self.path, timeout=self.patience, isolation_level=None)
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            held.close()
            raise LimitMissed("the turn of this process", self.patience, str(problem)) from problem
        self._held = held

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._held is not None:
            self._held.close()
            self._held = None
