"""Generates a server project from a contract. Operations return 501 until they are implemented."""

from seatunnel_stubs.drift import drift
from seatunnel_stubs.project import Project, release_of
from seatunnel_stubs.writing import Written, write

__all__ = ["Project", "Written", "drift", "release_of", "write"]
