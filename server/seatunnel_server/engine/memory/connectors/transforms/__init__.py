"""The transforms that the in-memory engine has."""
