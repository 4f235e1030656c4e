"""What the responses of a run have shown of its jobs, and the rules that hold for it."""
