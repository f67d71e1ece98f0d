"""Measures Gavel against obvious hand-written code: `make bench`."""
