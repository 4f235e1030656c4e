"""Everything that checks need: settings and options, jobs of the suite, tags, slots, and common assertions."""
