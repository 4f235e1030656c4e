"""The types of fixtures that make something: see `conftest.py`."""

from collections.abc import Callable
from pathlib import Path

from asgi import App

from seatunnel_conformance.report.outcomes import Outcome

Make = Callable[..., Outcome]
Write = Callable[..., Path]
Serve = Callable[[App], str]
MakeApp = Callable[..., App]
Judge = Callable[..., Outcome]
Broken = Callable[..., str]
ReferenceAs = Callable[..., str]
