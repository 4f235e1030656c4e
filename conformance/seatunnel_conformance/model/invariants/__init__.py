"""The invariants, which must hold after each command."""
