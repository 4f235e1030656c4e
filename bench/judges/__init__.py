"""Compares the suite with other tools for API tests: `python -m bench.judges`.

sample     selects the faults by a seed, the same for every tool
runs       runs one tool and collects its complaints
groups     runs a tool against a fault, with a new server and proxy
__main__   runs all of them and writes `docs/judges.ndjson`
"""
