"""The door for those who listen: `connections` lets them in, `told` tells them what the ledger's stream brings."""
