"""Measurements as text for monitoring systems: Prometheus' text format, and OpenMetrics.

The engine writes a comma behind the last label of the former, and counts as floating point (`metrics/metrics-enabled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from seatunnel_server.engine.domain import Family
from seatunnel_server.engine.javatext import double_text

_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Prometheus:
    """Prometheus' text format."""

    last_comma = ","
    end = ""

    def write(self, families: Iterable[Family]) -> str:
        """Return the samples as text."""
        return "".join(f"{line}\n" for family in families for line in self._lines(family)) + self.end

    def _lines(self, family: Family) -> Iterator[str]:
        heads = [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        yield from self.ordered(heads)
        for labels, value in family.samples:
            named = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
            suffix = "_total" if family.kind == "counter" else ""
            yield f"{family.name}{suffix}{{{named}{self.last_comma}}} {double_text(value)}"

    def ordered(self, heads: list[str]) -> list[str]:
        """Return the two lines above the samples in the order of the format."""
        return heads


class OpenMetrics(Prometheus):
    """OpenMetrics: no comma behind the last label, an end mark, the type before the help."""

    last_comma = ""
    end = "# EOF\n"

    def ordered(self, heads: list[str]) -> list[str]:
        """Return the type before the help."""
        return heads[::-1]
