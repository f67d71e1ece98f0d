"""What an attacker might try, and what he gets: docs/security.md says for each line which of these tests proves it."""
