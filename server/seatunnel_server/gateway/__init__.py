"""The gateway: middlewares that handle requests before the handlers, or instead of them."""
