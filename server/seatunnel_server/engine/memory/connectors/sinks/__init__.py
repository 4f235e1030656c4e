"""Sinks: what takes rows."""
