"""SnapStart: the work before Lambda takes a snapshot of the process, and after it is restored.

Lambda's runtime has `snapshot_restore_py`; where the module is missing there are no snapshots.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from moderation.bootstrap import restored
from moderation.models import bodies

from .app import App


def make_ready(app: App) -> None:
    """Builds the parts that the first request would build."""
    app.resolver.prepare()
    for body in bodies():
        body.model_rebuild()
    try:
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415 - Lambda's runtime alone has it
    except ImportError:
        return
    register_after_restore(restored)
