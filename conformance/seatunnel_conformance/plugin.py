"""The pytest plugin: `pytest --seatunnel-url URL` adds the suite's checks to any session.

Without that option nothing is imported, collected or changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from seatunnel_conformance.settings import Settings

REWRITTEN = ("seatunnel_conformance.checks", "seatunnel_conformance.expectations")
"""Modules whose asserts explain themselves like those of tests. Pytest has to know before anything imports them."""

pytest.register_assert_rewrite(*REWRITTEN)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options; those of the command `seatunnel-v2 conform` have the same names and meanings."""
    group = parser.getgroup("seatunnel", "conformance of a SeaTunnel deployment's REST API V2")
    add = group.addoption
    add("--seatunnel-url", metavar="URL", help="check the deployment at this address (context path included)")
    add("--seatunnel-release", metavar="R", default="auto", help="hold it against this release's contract")
    add("--seatunnel-profile", metavar="P", default="standard", help="smoke, read-only, standard or full")
    add("--seatunnel-allow-writes", action="store_true", help="run jobs and set tags on a machine that is not this one")
    add("--seatunnel-only", metavar="GLOB", action="append", default=[], help="clauses or operations; may be repeated")
    add("--seatunnel-seed", metavar="N", type=int, help="repeat the generated requests of an earlier run")
    add("--seatunnel-wait", metavar="SECONDS", type=float, default=60.0, help="how long a job may take to get anywhere")
    add("--seatunnel-tag", metavar="NAME=VALUE", action="append", default=[], help="a tag that the node has afterwards")
    for name in ("ndjson", "junit", "html"):
        add(f"--seatunnel-report-{name}", metavar="FILE", help=f"write the report as {name} to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Set the suite up, if it was asked for."""
    if config.getoption("seatunnel_url"):
        from seatunnel_conformance.session import set_up  # noqa: PLC0415 - costs nothing where it is not wanted

        set_up(config, _settings(config))


def _settings(config: pytest.Config) -> Settings:
    from seatunnel_conformance.settings import InvalidSettings, Settings  # noqa: PLC0415 - as above

    # A worker of pytest-xdist does what its controller has resolved.
    resolved = getattr(config, "workerinput", {}).get("seatunnel")
    if resolved:
        return Settings.from_json(resolved)
    try:
        return Settings.parse(lambda name: config.getoption(f"seatunnel_{name}"))
    except InvalidSettings as problem:
        raise pytest.UsageError(str(problem)) from problem
