"""The version of this package: the same as Gavel's."""

__version__ = "0.1.0"
