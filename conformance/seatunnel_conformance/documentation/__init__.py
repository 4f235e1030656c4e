"""Compares documentation of the API with a contract: the curl commands, endpoints and JSON in Markdown pages."""

from seatunnel_conformance.documentation.lint import DocumentationFinding, PageLint, filled
from seatunnel_conformance.documentation.page import items_of, named_paths

__all__ = ["DocumentationFinding", "PageLint", "filled", "items_of", "named_paths"]
