"""The sources, transforms and sinks that the in-memory engine has or simulates."""
