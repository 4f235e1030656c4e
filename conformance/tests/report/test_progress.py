"""Progress, and how long it will take yet."""

import io
from collections.abc import Callable

from rich.console import Console

from seatunnel_conformance.report.events import CheckFinished, CheckStarted
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.progress import Watcher

Make = Callable[..., Outcome]


def test_progress_is_shown_only_to_somebody(outcome: Make):
    text = io.StringIO()
    watcher = Watcher(Console(file=text))
    for event in (CheckStarted("a.b"), CheckFinished(outcome("a.b"))):
        watcher.hear(event)
    watcher.close()
    assert text.getvalue() == ""
