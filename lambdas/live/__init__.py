"""Live updates: `websocket` accepts subscribers, `broadcast` sends them changes from the ledger's stream."""
