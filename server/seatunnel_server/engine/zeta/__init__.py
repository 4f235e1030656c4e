"""The adapter of a real cluster, which is reached by its REST API V2 of any release."""
