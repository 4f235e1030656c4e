"""Measurements of the reference server, always beside a baseline of the same run; never asserted by a test."""
