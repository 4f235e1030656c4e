"""The engine in this process: it plans, runs, counts and remembers jobs."""
