"""The Lambda function `host_api`: the door with the real moderation behind it.

In Lambda all that a request needs is made ready before the first one, while the processor is lent whole; with SnapStart
it is made ready once, for the snapshot (docs/adr/0013-cold-start.md).
"""

import gc

gc.disable()  # of what is imported nothing becomes garbage; looking for it costs every cold start

import os  # noqa: E402

from moderation import precompiled  # noqa: E402

precompiled.use()

from .app import create_app  # noqa: E402
from .call import Gavel  # noqa: E402
from .mapping import behind  # noqa: E402

INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
MAPPING_KEY = "GAVEL_MAPPING_KEY"


def _gavel() -> Gavel:
    from moderation.bootstrap import gavel

    return gavel()


def _identity_claim() -> str:
    from moderation.bootstrap import settings

    return settings().identity_claim


def _make_ready() -> None:
    if INITIALIZATION in os.environ:
        _gavel()
    if os.environ.get(INITIALIZATION) == "snap-start":
        from .snapshot import make_ready

        make_ready()


_app = create_app(_gavel, _identity_claim)
_make_ready()
gc.freeze()
gc.enable()


def handler(event: object, _context: object) -> dict[str, object]:
    key = os.environ.get(MAPPING_KEY)
    return behind(key, _app, event) if key and isinstance(event, dict) else _app(event)
