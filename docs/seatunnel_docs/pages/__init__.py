"""The generated pages: one module per kind of page, each with a function that yields the pages."""
