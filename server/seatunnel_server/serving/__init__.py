"""The server as a process or a thread: configuration, start and stop."""
