"""Stateful tests: random commands on a target's jobs, and invariants that are checked after each command.

snapshot       the jobs as a client knows them, what the target shows of them, and the registry of invariants
invariants     the invariants, each for one clause
checker        checks snapshots against the invariants, and keeps the violations with the commands that led to them
machine        the hypothesis state machine that generates and runs the commands
"""
