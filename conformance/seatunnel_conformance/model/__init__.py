"""Stateful tests: random commands on a target's jobs, with invariants that are checked after each command.

snapshot       the expected state of the jobs, with the state that the target shows
invariants     the invariants, each for one clause, and their registry
checker        checks snapshots against the invariants, and keeps violations with the commands that led to them
machine        the hypothesis state machine that generates and runs the commands
"""
