"""From a command and its context to a decision: accepted, unchanged or refused. Pure."""
