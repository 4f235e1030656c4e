"""Syntax trees of Python, which CPython 3.11 can't make in several threads at once (gh-106905)."""

from __future__ import annotations

import threading
from typing import Final

PARSING: Final = threading.RLock()
"""Held by whoever makes a syntax tree, or compiles one, while other threads may do that, too."""
