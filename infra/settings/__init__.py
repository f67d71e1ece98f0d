"""Settings that have a shape of their own: triggers, event sources, the domain, Regions."""
