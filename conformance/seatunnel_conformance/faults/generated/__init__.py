"""Faults that are derived from the contract; `faults(contract)` of each module yields its faults in a fixed order.

    values        the kinds `schema`, `value` and `list`
    deliveries    the kinds `whole` and `connection`
    methods       the kind `method`
    states        the kind `state`
    equivalent    which of these faults break no clause, with the reasons

The id of a fault is `kind:operation:place:name`.
"""
