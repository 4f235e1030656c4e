"""The deployment under test, and everything through which requests are sent to it.

routes             finds the operation of the contract for a request
exchange           requests and responses, and curl commands that repeat a request
connection         addresses, credentials, TLS and proxies
network, wire      connections; `Wire` is the only class that sends requests
limits             limits for requests, bytes and time, which a `Governor` enforces
reads              reads that checks share, and reads that are repeated because other clients disturbed them
ambiguity          the job ids that a server could read from a request
job_guard          decides whether a request that changes the target can affect a job of somebody else
deployment         `Target`, the client that checks use
identification     establishes whether a target serves the REST API V2
"""
