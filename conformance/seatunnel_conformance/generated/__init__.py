"""Generated tests: schemathesis draws requests from the contract, for single operations and along their links."""
