"""The deployment under test: connections, limits, exchanges, and the guard that protects foreign jobs."""
