"""The sinks that the in-memory engine has."""
