"""The Lambda function `host_api`: the door with the real moderation behind it."""

import gc

gc.disable()  # of what is imported nothing becomes garbage; looking for it costs every cold start

import os  # noqa: E402

from moderation import precompiled  # noqa: E402

precompiled.use()

from .app import create_app  # noqa: E402
from .call import Gavel  # noqa: E402


def _gavel() -> Gavel:
    from moderation.wiring import gavel

    return gavel()


def _identity_claim() -> str:
    from moderation.wiring import settings

    return settings().identity_claim


_app = create_app(_gavel, _identity_claim)
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    _gavel()
gc.freeze()
gc.enable()


def handler(event: object, _context: object) -> dict[str, object]:
    return _app(event)
