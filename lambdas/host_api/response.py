"""An HTTP answer, in the form that API Gateway takes (payload format 2.0)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    document: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    change_id: str | None = None
    """For the log, where the document doesn't hold it."""

    def as_event(self) -> dict[str, object]:
        """Text is escaped to ASCII, so that nothing on the way can misread it."""
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": self.media_type, "Cache-Control": "no-store", **self.headers},
            "body": json.dumps(self.document, separators=(",", ":")),
            "isBase64Encoded": False,
        }
