"""The faults themselves: a module for each kind, named after it."""
