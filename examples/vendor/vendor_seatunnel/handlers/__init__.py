"""The operations, a module for each tag of the contract."""
