"""Publishes the entries of the ledger as events on the bus."""
