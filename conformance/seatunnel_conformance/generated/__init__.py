"""Generated requests: schemathesis on the contract's document, one operation at a time, and along the links."""
