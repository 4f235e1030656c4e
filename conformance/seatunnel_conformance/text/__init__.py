"""Texts and JSON documents: redaction, visible text, differences."""
