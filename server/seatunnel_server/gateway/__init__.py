"""The gateway: layers that handle requests before, or instead of, the handlers."""
