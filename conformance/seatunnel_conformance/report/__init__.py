"""Reports: one stream of events, and the views that are made from it."""
