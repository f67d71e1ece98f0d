"""The published files in `docs`. `make contracts` writes them from the code, and the tests compare them with it."""
