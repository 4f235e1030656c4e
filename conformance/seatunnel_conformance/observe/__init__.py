"""Observations: records what the responses of a run show of its jobs, and checks rules that hold for every job."""
