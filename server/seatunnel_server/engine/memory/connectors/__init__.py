"""The plugins that the engine has: sources, transforms and sinks."""
