"""Faults that are generated from the contract: of values, methods, lists, connections and states.

Each module yields its faults in a fixed order; their ids are `kind:operation:place:change`.
"""
