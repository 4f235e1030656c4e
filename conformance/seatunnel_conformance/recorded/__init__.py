"""Recorded scenarios as checks: what a real engine of the release answered, step by step, held against the target.

`choice` says which scenarios can be played on somebody's deployment, and what each is called; `wire` carries their
requests over the suite's own connections; `run` plays one and compares.
"""
