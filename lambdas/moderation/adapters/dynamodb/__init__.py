"""The ledger and the live connections in DynamoDB."""
