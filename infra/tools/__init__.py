"""Programs of the Makefile: deploying, checking, measuring."""
