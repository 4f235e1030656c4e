"""The faults of the catalogue: each module is one kind, and has its faults in the table `FAULTS`.

A fault belongs in the table of the operation that it changes. Three tables are about any operation: `http` and
`methods` (HTTP itself) and `transport` (connections and framing). Two are about how a response is wrong: `wire` (it
breaks its schema) and `stateful` (it contradicts earlier responses). `partial`, `conditions` and `corners` have faults
that break a clause for some requests only, so that a check with the usual request does not find them. `harmless` has
changes that no check may complain about.
"""
