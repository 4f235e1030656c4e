"""What a gateway does with requests before, or in place of, the handlers."""
