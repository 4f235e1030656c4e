"""What checks work with: settings, own jobs, tags, slots, expectations."""
