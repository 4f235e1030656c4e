"""A server of SeaTunnel's REST API V2."""
