"""`/_reference`: what is running, and pages to read and try the API."""
