"""The same examples on every run, and no measuring of time: a property fails for its reason or not at all."""

from hypothesis import settings

settings.register_profile("gavel", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("gavel")
