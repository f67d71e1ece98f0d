"""Work that no caller waits for: expiry, drift, events of Chime, reconciliation."""
