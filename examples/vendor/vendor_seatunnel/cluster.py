"""The data of this example: one node with a log file and without jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Node:
    """The node. `address` is the host and port of its API."""

    version: str = "2.3.10"
    commit: str = "0000000"
    address: str = "localhost:8080"
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())

    def log_files(self) -> list[str]:
        """Return the names of the log files."""
        return ["vendor-node.log"]

    def log_text(self, name: str) -> str | None:
        """Return the text of a log file, or None if it does not exist."""
        if name not in self.log_files():
            return None
        return f"{self.started:%Y-%m-%d %H:%M:%S},000 INFO  [vendor] [main] - the node is up\n"


NODE = Node()
