"""One module a command; each imports what it needs when it is called, so that the others start at once."""
