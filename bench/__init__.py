"""Measurements of server and suite, compared with a baseline that is measured in the same run.

No test asserts a figure.
"""
