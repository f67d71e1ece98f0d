"""Live updates: what each subscriber may see of a meeting."""
