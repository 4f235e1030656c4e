"""HTTP as the engine's servlet container speaks it: connections, paths, queries, bodies, error pages."""
