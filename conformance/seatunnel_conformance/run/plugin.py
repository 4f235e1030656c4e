"""The pytest plugin: `pytest --seatunnel-url URL` adds the suite's checks to any session.

Without the option, the plugin imports, collects and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Option, in_pytest
from seatunnel_conformance.report.formats import require_writable

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `seatunnel-v2 conform`, with the prefix `--seatunnel-`."""
    group = parser.getgroup("seatunnel", "conformance of a SeaTunnel deployment's REST API V2")
    group.addoption("--seatunnel-url", metavar="URL", help="Address of the deployment, including its context path.")
    for option in options.RUN:
        group.addoption(f"--seatunnel-{option.name}", **_declaration(option))


def _declaration(option: Option) -> dict[str, Any]:
    """Return an option as arguments for `argparse`."""
    said: dict[str, Any] = {"default": option.default, "help": in_pytest(option.help)}
    if option.is_flag:
        return {**said, "action": "store_true"}
    if option.is_repeatable:
        return {**said, "action": "append", "metavar": option.metavar}
    return {**said, "metavar": option.metavar, "type": option.type}


def pytest_configure(config: pytest.Config) -> None:
    """Set up the suite if the option was given."""
    if config.getoption("seatunnel_url"):
        from seatunnel_conformance.run.session import set_up  # noqa: PLC0415 - only for sessions with the suite

        set_up(config, _settings(config))


def _settings(config: pytest.Config) -> Settings:
    from seatunnel_conformance.arrange.settings import InvalidSettings, Settings  # noqa: PLC0415 - as above

    try:
        settings = Settings.parse(lambda name: config.getoption(f"seatunnel_{name}"))
        require_writable(settings.reports)
    except InvalidSettings as problem:
        raise pytest.UsageError(in_pytest(str(problem))) from problem
    return settings
