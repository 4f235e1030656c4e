"""The pages that are made from what is known: one module a kind, each with a function that yields its pages."""
