"""Ids as they are written in paths and headers. Each reader raises `Malformed`."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping

from moderation.domain.ids import Malformed, attendee_id, change_id, external_user_id, meeting_id

__all__ = ["IN_PATH", "Malformed", "external_user_id", "page_end", "page_token", "written_user_id"]

_PAGE = "after:"
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


def page_token(last: str) -> str:
    """Where a page ended, in a form that says nothing to callers: what is in it may change."""
    return base64.urlsafe_b64encode(f"{_PAGE}{last}".encode()).decode().rstrip("=")


def page_end(token: str) -> str:
    """What `page_token` was made of."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:  # binascii.Error and UnicodeDecodeError are ValueErrors
        text = ""
    if not text.startswith(_PAGE) or page_token(text.removeprefix(_PAGE)) != token:
        raise Malformed("not a `nextToken` that was given")
    return attendee_id(text.removeprefix(_PAGE))


IN_PATH: Mapping[str, Callable[[str], str]] = {
    "meetingId": meeting_id,
    "attendeeId": attendee_id,
    "externalUserId": written_user_id,
    "changeId": change_id,
}
