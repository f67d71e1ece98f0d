"""The API's authorizer for issuers whose tokens API Gateway's own does not take: it knows RSA keys alone."""
