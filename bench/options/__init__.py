"""How far `check` agrees with an engine about mistakes in options: mutants of upstream's jobs, judged by both.

The configurations are read from a checkout of upstream and not kept here; `verdicts.ndjson` has what the development
engine of 1 July 2026 said to each mutant.
"""
