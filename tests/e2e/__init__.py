"""The deployed stack, seen from outside: HTTP in, Chime's call log and events out."""
