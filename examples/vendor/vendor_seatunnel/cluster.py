"""All that this vendor has so far: one node without jobs, which keeps a log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Node:
    """The node. `address` is the host and port at which its API is reached."""

    version: str = "2.3.10"
    commit: str = "0000000"
    address: str = "localhost:8080"
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())

    def log_files(self) -> list[str]:
        """Return the names of its log files."""
        return ["vendor-node.log"]

    def log_text(self, name: str) -> str | None:
        """Return the text of a log file; None when there is none of that name."""
        if name not in self.log_files():
            return None
        return f"{self.started:%Y-%m-%d %H:%M:%S},000 INFO  [vendor] [main] - the node is up\n"


NODE = Node()
