"""SnapStart: what is done before Lambda takes a snapshot of the process, and after it brings one back to life.

`snapshot_restore_py` is part of Lambda's runtime; where it is missing nobody takes snapshots.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from moderation.bootstrap import gavel, restored

from .routes import ROUTES


def make_ready() -> None:
    """Loads and builds what would otherwise wait for a request that needs it."""
    gavel().prepare()
    for route in ROUTES:
        for model in (route.query, route.body):
            if model is not None:
                model().model_rebuild()
    try:
        from snapshot_restore_py import register_after_restore
    except ImportError:
        return
    register_after_restore(restored)
