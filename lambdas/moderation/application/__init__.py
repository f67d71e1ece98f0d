"""load · decide · commit · order · settle: the life of a command."""
