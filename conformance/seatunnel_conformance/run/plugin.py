"""The pytest plugin: `pytest --seatunnel-url URL` adds the suite's checks to any session.

Without that option nothing is imported, collected or changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatunnel_conformance.report.formats import FORMATS

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings

REWRITTEN = ("seatunnel_conformance.checks", "seatunnel_conformance.arrange.expectations")
"""Modules whose asserts explain themselves like those of tests. Pytest has to know before anything imports them."""

PATTERN = "clause ids, groups, operations, their ids and tags, levels (MUST, SHOULD, MAY); may be repeated"

pytest.register_assert_rewrite(*REWRITTEN)

_CONNECTION = (
    ("basic-auth", "USER", "log in as this user; SEATUNNEL_PASSWORD may hold the password"),
    ("password-file", "FILE", "the user's password"),
    ("bearer-token-file", "FILE", "a bearer token; SEATUNNEL_BEARER_TOKEN may hold it instead"),
    ("header-file", "FILE", "headers, one a line"),
    ("ca-file", "FILE", "trust these authorities, or the target's own certificate"),
    ("client-cert", "FILE", "our own certificate"),
    ("client-key", "FILE", "its key; SEATUNNEL_KEY_PASSWORD holds the key's password"),
    ("proxy", "URL", "go through this proxy instead of the environment's"),
)

_LIMITS: tuple[tuple[str, type[float], str], ...] = (
    ("timeout", float, "seconds that one whole answer may take; 30 if nothing is said"),
    ("rate-limit", float, "requests a second; 20 for another machine if nothing is said"),
    ("max-requests", int, "send no more than that; what is left is inconclusive"),
    ("max-time", float, "end after so many seconds, by default 3600; what is left is inconclusive"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options; those of the command `seatunnel-v2 conform` have the same names and meanings."""
    group = parser.getgroup("seatunnel", "conformance of a SeaTunnel deployment's REST API V2")
    add = group.addoption
    add("--seatunnel-url", metavar="URL", help="check the deployment at this address (context path included)")
    add("--seatunnel-release", metavar="R", default="auto", help="hold it against this release's contract")
    add("--seatunnel-profile", metavar="P", default="standard", help="smoke, read-only, standard or full")
    add("--seatunnel-allow-writes", action="store_true", help="run jobs and set tags on a machine that is not this one")
    add("--seatunnel-only", metavar="GLOB", action="append", default=[], help=f"make these checks: {PATTERN}")
    add("--seatunnel-skip", metavar="GLOB", action="append", default=[], help="leave these out: the same patterns")
    add("--seatunnel-seed", metavar="N", type=int, help="repeat the generated requests of an earlier run")
    add("--seatunnel-wait", metavar="SECONDS", type=float, default=60.0, help="how long a job may take to get anywhere")
    add("--seatunnel-tag", metavar="NAME=VALUE", action="append", default=[], help="a tag that the node has afterwards")
    add("--seatunnel-journal", metavar="FILE", help="note here what a crash would leave, for `seatunnel-v2 cleanup`")
    add("--seatunnel-baseline", metavar="FILE", help="deviations that are known: they don't fail; one that passes does")
    add("--seatunnel-write-baseline", metavar="FILE", help="write what fails as a baseline to this file")
    for name, metavar, meaning in _CONNECTION:
        add(f"--seatunnel-{name}", metavar=metavar, help=meaning)
    add("--seatunnel-header", metavar="'NAME: VALUE'", action="append", default=[], help="send this with every request")
    add(
        "--seatunnel-insecure",
        action="store_true",
        help="believe any certificate; refused with credentials, but for this machine",
    )
    for name, number, meaning in _LIMITS:
        add(f"--seatunnel-{name}", metavar="N", type=number, help=meaning)
    for name, meaning in FORMATS.items():
        add(f"--seatunnel-report-{name}", metavar="FILE", help=f"write {meaning} to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Set the suite up, if it was asked for."""
    if config.getoption("seatunnel_url"):
        from seatunnel_conformance.run.session import set_up  # noqa: PLC0415 - costs nothing where it is not wanted

        set_up(config, _settings(config))


def _settings(config: pytest.Config) -> Settings:
    from seatunnel_conformance.arrange.settings import InvalidSettings, Settings  # noqa: PLC0415 - as above
    from seatunnel_conformance.report.views import require_writable  # noqa: PLC0415 - as above

    # A worker of pytest-xdist does what its controller has resolved.
    resolved = getattr(config, "workerinput", {}).get("seatunnel")
    if resolved:
        return Settings.from_json(resolved)
    try:
        settings = Settings.parse(lambda name: config.getoption(f"seatunnel_{name}"))
        require_writable(settings.reports)
    except InvalidSettings as problem:
        raise pytest.UsageError(str(problem)) from problem
    return settings
