"""Faults: small, named breakages of a deployment's traffic, which prove that the suite notices what it claims to check.

    exchange, messages, routes   what goes over the wire, as values
    catalogue, kinds/            the faults themselves, a module for each kind
    schema_walk, whole_answers   faults that nobody wrote: derived from the contract
    proxy                        stands before a deployment and applies one fault
    trial, judging               makes the checks under one fault, and says what became of it
    plan, deployed               what is tried on what, and the trials on one deployment after the other
    workers, runner, results     many faults, in processes, as a stream of events

A fault is *killed* when a check of a clause that it breaks fails. Whatever else happens is no kill: a check that came
to no verdict proves nothing, and a check of another clause has noticed something else.
"""
