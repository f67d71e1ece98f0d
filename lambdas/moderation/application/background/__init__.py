"""Background work: expiry, drift, Chime's meeting events, reconciliation."""
