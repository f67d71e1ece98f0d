"""The Lambda function `host_api`: the door with the real moderation behind it."""

from .app import create_app
from .call import Gavel


def _gavel() -> Gavel:
    from moderation.wiring import gavel

    return gavel()


def _identity_claim() -> str:
    from moderation.wiring import settings

    return settings().identity_claim


_app = create_app(_gavel, _identity_claim)


def handler(event: object, _context: object) -> dict[str, object]:
    return _app(event)
