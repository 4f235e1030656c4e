"""One run: what is planned, made, and reported."""
