"""The Lambda function `host_api`.

In Lambda all parts are built before the first request. With SnapStart they are built once, for the snapshot
(docs/adr/0033-standard-parts.md).
"""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.bootstrap import gavel, settings
from moderation.initialization import INITIALIZATION, at_init
from moderation.telemetry import logger, metrics

from .app import create_app
from .mapping import without_mapping_key
from .snapshot import make_ready

MAPPING_KEY = "GAVEL_MAPPING_KEY"

app = create_app(gavel, lambda: settings().identity_claim)
at_init(gavel)  # the app calls `gavel` at each request: a restored snapshot has another one
if os.environ.get(INITIALIZATION) == "snap-start":
    make_ready(app)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    key = os.environ.get(MAPPING_KEY)
    return without_mapping_key(key, app, event) if key else app(event)
