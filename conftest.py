"""What holds for the tests of all rooms."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Have Ctrl-C work in the processes that tests start.

    A run that a script began in the background was told to ignore it, and what it starts would inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
