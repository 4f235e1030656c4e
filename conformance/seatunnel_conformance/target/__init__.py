"""A deployment: connections, limits, exchanges, and the guard of other people's jobs."""
