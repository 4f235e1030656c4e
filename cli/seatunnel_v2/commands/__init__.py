"""One module for each command. Its function imports its dependencies, so that other commands start fast."""
