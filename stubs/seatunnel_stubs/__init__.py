"""A server project from a contract: it runs at once, answers 501 until somebody writes it, and knows when it drifts."""

from seatunnel_stubs.drift import drift
from seatunnel_stubs.project import Project
from seatunnel_stubs.writing import Written, write

__all__ = ["Project", "Written", "drift", "write"]
