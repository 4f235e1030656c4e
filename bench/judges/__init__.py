"""Our suite beside the tools that people would otherwise point at a deployment: `python -m bench.judges`.

sample     the faults: the same for every judge, drawn by a seed
runs       one run of each judge, and what it complains about
courts     a fault, a judge, a server and a proxy of their own
__main__   all of them, one after the other, as lines of `docs/judges.ndjson`
"""
