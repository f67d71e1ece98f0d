"""The rules of moderation as pure functions: no AWS, no clock, no randomness, the standard library only."""
