"""Syntax trees of Python, which CPython 3.11 can't make in several threads at once (gh-106905)."""

from __future__ import annotations

import threading
from typing import Final

PARSING: Final = threading.RLock()
"""The lock for making or compiling a syntax tree, which other threads may do at the same time."""
