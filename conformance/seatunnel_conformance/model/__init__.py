"""The life cycle as a model: random histories of commands, and what has to hold after each of them.

`believed` is the plain model, what a client may believe of the run's own jobs; `looks` reads what the target shows of
them; `invariants` says what of it has to hold, each rule under the clause that demands it; `machine` draws the
commands; `survey` makes the histories once a run, and `shortest` finds the shortest that breaks a rule.
"""
