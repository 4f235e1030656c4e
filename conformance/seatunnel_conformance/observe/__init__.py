"""Observations: jobs as the responses of a run have shown them, and the rules that hold for them."""
