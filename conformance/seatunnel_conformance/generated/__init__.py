"""Generated tests: schemathesis on the contract, for each operation and along the links between them."""
