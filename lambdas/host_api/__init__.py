"""The REST API: makes commands and queries of HTTP requests, and responses of their results."""
