"""The constructs: one for each capability of Gavel."""
