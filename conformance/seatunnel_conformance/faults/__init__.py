"""Faults: small, named changes to a deployment's traffic, which prove that the checks of the suite can fail.

    messages, exchange             HTTP messages with their exact bytes; a request with its response
    catalogue, kinds/              the class `Fault`; the faults that were written by hand, one table for each kind
    changes, edits, documents      functions for these tables: changes and conditions, edits of JSON, jobs in responses
    generated/                     faults that are derived from the contract
    proxy                          a proxy that applies one fault to a deployment
    switch                         faults that are switched on and off while a server runs
    plan                           the faults, deployments and settings of a run
    trial                          runs the checks under one fault
    results                        decides whether a fault was killed; the file of results
    runner                         a run of many faults, in several processes
    score                          the summary of a run, and its terminal output

A fault is *killed* if a check of a clause that it breaks fails. An inconclusive check, or a failed check of another
clause, does not kill it.
"""
