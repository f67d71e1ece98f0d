"""Tells the world: entries of the ledger become events on the bus."""
