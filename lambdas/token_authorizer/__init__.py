"""The API's authorizer for issuers with other keys than RSA, which API Gateway's own authorizer does not know."""
