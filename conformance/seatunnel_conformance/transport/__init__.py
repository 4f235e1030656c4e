"""The way to a target: who may be asked what, over which connection, how often and for how long."""
