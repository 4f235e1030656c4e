"""The conformance suite: which clauses of the contract does a deployment of SeaTunnel's REST API V2 keep.

The suite knows the contract (`seatunnel_openapi`) and a target by its URL; it never imports a server.
"""
