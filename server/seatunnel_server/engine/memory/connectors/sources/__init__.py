"""The sources that the in-memory engine has."""
