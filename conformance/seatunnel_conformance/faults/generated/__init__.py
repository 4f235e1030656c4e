"""Faults that are generated from the contract, one module for each kind, and one for those of values and lists.

Each module yields its faults in a fixed order; their ids are `kind:operation:place:change`.
"""
