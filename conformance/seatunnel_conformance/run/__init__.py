"""One run: what is planned, made, and reported."""

from typing import Final

GC_THRESHOLDS: Final = (50_000, 20, 100)
"""Thresholds of the garbage collector. With those of Python, it takes a sixth of a run."""
