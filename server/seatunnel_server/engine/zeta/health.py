"""Lines in the log about the nodes of a cluster: which do not respond, and that the cluster has another version."""

from __future__ import annotations

import logging
import re
import time
from typing import Final

import orjson

logger = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 5.0
"""How long a node that was logged is not logged again, if only some of its responses do not come in time."""
_VERSION: Final = re.compile(r"[\w.+-]{1,60}", re.ASCII)


class HealthLog:
    """Logs changes only, not each request."""

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._logged: dict[str, float] = {}
        self._versions: list[str] = []
        """The version that was reported first, and all others that were logged."""

    def failed(self, node: str, reason: str) -> None:
        """Log that a node does not respond, unless that is known."""
        now = time.monotonic()
        if node not in self._silent and now - self._logged.get(node, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            self._silent.add(node)
            self._logged[node] = now
            logger.warning("The node %s does not respond: %s.", node, reason)

    def responded(self, node: str) -> None:
        """Log that a node responds again."""
        if node in self._silent:
            self._silent.remove(node)
            logger.warning("The node %s responds again.", node)

    def reported(self, node: str, overview: bytes) -> None:
        """Log a version in an overview that differs from the first one. Anything but a version is ignored."""
        try:
            version = orjson.loads(overview)["projectVersion"]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return
        if not isinstance(version, str) or not _VERSION.fullmatch(version) or version in self._versions:
            return
        self._versions.append(version)
        if len(self._versions) > 1:
            logger.warning(
                "The node %s reports the version %s, and the cluster's version was %s. The gateway goes on with the "
                "release that it started with; hint: restart the gateway",
                *(node, version, self._versions[0]),
            )
