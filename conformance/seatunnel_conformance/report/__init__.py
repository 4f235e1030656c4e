"""Reports: the event stream of a run, and the formats that are rendered from it."""
