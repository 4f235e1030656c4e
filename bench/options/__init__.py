"""Measures how far `check` agrees with an engine about mistakes in options of jobs.

Both judge mutants of SeaTunnel's own configurations, from a checkout of SeaTunnel. `verdicts.ndjson`
has the verdict of the development engine of 1 July 2026 on each mutant.
"""
