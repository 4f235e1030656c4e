"""The checks of the clauses: a module for each group, a function for each clause, in the contract's order."""
