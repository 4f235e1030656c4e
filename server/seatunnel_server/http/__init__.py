"""HTTP as in the engine's servlet container: connections, authentication, queries, bodies, error responses."""
