"""Sources: what makes rows."""
