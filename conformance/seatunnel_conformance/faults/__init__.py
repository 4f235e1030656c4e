"""Faults: small, named changes to a deployment's traffic, which prove that the checks of the suite can fail.

    exchange, messages             requests and responses that faults change
    catalogue, kinds/              the faults: a row each, in one table for each kind
    changes, edits                 the words of which rows are made: changes, conditions; edits of JSON
    documents                      finds jobs, counters and plans in responses, using the contract
    generated/                     faults that are generated from the contract; `plan` selects some
    proxy                          the proxy that applies one fault to a deployment
    switch                         faults that are switched on and off while a server runs
    trial                          runs the checks under one fault, and decides whether it is killed
    plan                           the faults and deployments of a run
    runner, results                a run of many faults, in several processes, as a stream of events
    score, terminal                the summary of a run, and its output

A fault is *killed* if a check of a clause that it breaks fails. An inconclusive check, or a failed check of another
clause, does not kill it.
"""
