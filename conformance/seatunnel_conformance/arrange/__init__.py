"""The environment of checks: settings, own jobs, tags, slots, common assertions."""
