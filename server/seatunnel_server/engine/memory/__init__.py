"""The in-memory engine: plans jobs, runs them in this process, and keeps their counters and their history."""
