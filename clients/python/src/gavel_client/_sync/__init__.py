"""The synchronous client, made from `_async` by `make contracts`; only `waiting.py` is written twice."""
