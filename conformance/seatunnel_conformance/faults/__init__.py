"""Faults: small, named breakages of a deployment's traffic, which prove that the suite notices what it claims to check.

    exchange, messages, routes   what goes over the wire, as values
    catalogue, kinds/            the faults themselves, a module for each kind
    documents                    where things are in answers, found through the contract
    schema_walk, whole_answers   faults that nobody wrote: derived from the contract; `drawn` says which are tried
    proxy                        stands before a deployment and applies one fault
    arranging                    jobs that faults have something to act on
    trial, judging               makes the checks under one fault, and says what became of it
    stock                        lets stock schemathesis judge instead
    plan, deployed               what is tried on what, and the trials on one deployment after the other
    workers, runner, results     many faults, in processes, as a stream of events
    score, terminal              what they add up to, and how that is shown

A fault is *killed* when a check of a clause that it breaks fails. Whatever else happens is no kill: a check that came
to no verdict proves nothing, and a check of another clause has noticed something else.
"""
