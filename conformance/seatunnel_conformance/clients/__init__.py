"""Judges clients of the API: each scenario gives a client a reference server, and rules judge what the client did.

run         the scenarios of a run one after the other, and its report
rules       one function for each clause of `x-client-clauses`
scenarios   what the server does to the client
programs    the client: a command, or a function of a test
traffic     the recorded requests of a client
"""
