"""One module for each command. Dependencies are imported in its function, so other commands start fast."""
