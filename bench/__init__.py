"""Measurements of server and suite, always beside a baseline of the same run; no test asserts a figure."""
