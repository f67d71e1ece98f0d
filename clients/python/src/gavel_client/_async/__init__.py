"""The asynchronous client. `_sync` is made from it by `make contracts`; only `waiting.py` is written twice."""
