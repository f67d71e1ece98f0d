"""Display names in the access tokens of the stack's own user pool."""
