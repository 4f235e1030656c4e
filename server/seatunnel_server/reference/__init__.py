"""The pages below `/_reference`: the state of the server, the API reference, and a page to try the API."""
