"""A run of the suite: its plan, its checks on several threads, and the verdicts.

`kinds` has the kinds of checks, `plan` selects the checks of a run, `workers` runs them on threads, and `runner` is the
whole run. `session` and `plugin` do the same within pytest.
"""

from typing import Final

GC_THRESHOLDS: Final = (50_000, 20, 100)
"""Thresholds of the garbage collector. With Python's own ones, it takes a sixth of the time of a run."""
