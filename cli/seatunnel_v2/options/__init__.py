"""The options and arguments of all commands: type, help, panel and environment variable of each."""
