"""Checks clients of the API: runs a client against reference servers that misbehave, and applies rules to its requests.

run             runs a client in scenarios, and writes the report
rules           one function for each clause of `x-client-clauses`
scenarios       what the server does in each scenario
programs        the client: a command, or a function of a test
traffic         the recorded requests of a client
known           clients of other projects, described in `descriptions/`, and their builds
"""
