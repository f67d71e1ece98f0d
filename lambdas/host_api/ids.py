"""Ids as they are written in paths and headers. Each reader raises `Malformed`."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping

from moderation.ids import Malformed, attendee_id, change_id, external_user_id, meeting_id

__all__ = ["IN_PATH", "Malformed", "external_user_id", "written_user_id"]

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def written_user_id(text: str) -> str:
    """`text` is percent-decoded. Where it begins with `~`, which no id does, the rest is base64url of UTF-8."""
    if not text.startswith("~"):
        return external_user_id(text)
    encoded = text[1:]
    if _BASE64URL.fullmatch(encoded) is None:
        raise Malformed("after `~` comes base64url")
    try:
        decoded = base64.urlsafe_b64decode(encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Malformed("after `~` comes base64url of UTF-8") from None
    return external_user_id(decoded)


IN_PATH: Mapping[str, Callable[[str], str]] = {
    "meetingId": meeting_id,
    "attendeeId": attendee_id,
    "externalUserId": written_user_id,
    "changeId": change_id,
}
