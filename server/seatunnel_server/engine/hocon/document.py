"""The package's one way in: from the text of a job configuration to its tree."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from seatunnel_server.engine.hocon.frames import Sections
from seatunnel_server.engine.hocon.reader import Limits, Reader
from seatunnel_server.engine.hocon.strict import StrictReader
from seatunnel_server.engine.hocon.tokens import scan
from seatunnel_server.engine.hocon.tree import plain


class Syntax(Enum):
    """How a text is written."""

    HOCON = "hocon"
    JSON = "json"
    """JSON as the engine's HOCON library reads it, which is how the engine reads uploaded files; not request bodies."""


_DEFAULT_LIMITS: Final = Limits()


def parse(
    text: str,
    *,
    syntax: Syntax = Syntax.HOCON,
    sections: Sections = Sections.ANYWHERE,
    limits: Limits = _DEFAULT_LIMITS,
) -> dict[str, Any]:
    """Read the text of a job configuration into the tree that `Planner.plan` takes.

    A mapping in the tree may be a `Refused`: it stands for settings that hold a substitution and refuses when it is
    looked at, which is when the engine does. Line ends are taken as they are: only a line feed ends a line.

    Raises the leaves of `seatunnel_server.engine.hocon.refusals`. Recorded in `submit-job/hocon`, `hocon-broken`,
    `hocon-empty`, `hocon-json-body`, `hocon-nested-env-job`, `hocon-substitution`, `hocon-two-plugins-same-name`.
    """
    reader = StrictReader if syntax is Syntax.JSON else Reader
    return plain(reader(limits, sections).read(scan(text)))
