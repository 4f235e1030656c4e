"""Measures how far `check` agrees with an engine about mistakes in options of jobs.

Mutants of SeaTunnel's own configurations, which are read from a checkout of it, are judged by both. `verdicts.ndjson`
has the verdict of the development engine of 1 July 2026 on each mutant.
"""
