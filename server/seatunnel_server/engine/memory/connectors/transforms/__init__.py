"""Transforms: what changes rows on their way."""
