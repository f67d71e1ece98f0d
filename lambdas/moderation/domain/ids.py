"""The forms of ids, and the digests that are stored instead of what callers send."""

import base64
import binascii
import re
from collections.abc import Iterable
from hashlib import sha256

# Patterns of the Chime SDK Meetings API. Attendee ids are not version-4 UUIDs, so no version is checked.
_CHIME_ID = re.compile(r"[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")
_EXTERNAL_USER_ID = re.compile(r"""[-_&@+=,(){}\[\]/«».:|'"#a-zA-Z0-9À-ÿ\s]{2,64}""")
_CHANGE_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_PIPELINE_PREFIX = "aws:"
_CONTENT_SUFFIX = "#content"


class Malformed(ValueError):
    """A caller sent a malformed value. The text is shown to the caller and quotes nothing."""


def is_pipeline(user_id: str) -> bool:
    """Whether the user is a media pipeline. Gavel never moderates them. Chime reserves their ids, in upper and lower
    case.
    """
    return user_id.lower().startswith(_PIPELINE_PREFIX)


def is_chime_id(text: str) -> bool:
    """Whether the text has the form of Chime's ids of meetings and attendees."""
    return _CHIME_ID.fullmatch(text) is not None


def meeting_id(text: str) -> str:
    """The MeetingId in lower case, as Chime writes it: some platforms write UUIDs in capitals (Swift's
    `uuidString`).
    """
    if not is_chime_id(text):
        raise Malformed("should be a MeetingId")
    return text.lower()


def attendee_id(text: str) -> str:
    """The AttendeeId, without the `#content` of a screen share: rules bind the attendee who shares."""
    attendee = text.removesuffix(_CONTENT_SUFFIX)
    if not is_chime_id(attendee):
        raise Malformed("should be an AttendeeId")
    return attendee.lower()


def change_id(text: str) -> str:
    if _CHANGE_ID.fullmatch(text) is None:
        raise Malformed("should be a changeId")
    return text


def external_user_id(text: str) -> str:
    """The ExternalUserId as it stands in JSON and in tokens."""
    if _EXTERNAL_USER_ID.fullmatch(text) is None:
        raise Malformed("should be an ExternalUserId: 2 to 64 of the characters that Chime allows")
    if is_pipeline(text):
        raise Malformed("should not begin with `aws:`, which is reserved for media pipelines")
    return text


def user_id_in_path(text: str) -> str:
    """The ExternalUserId in a path or a header.

    `text` is percent-decoded. If it begins with `~`, which no id does, the rest is base64url of UTF-8.
    """
    if not text.startswith("~"):
        return external_user_id(text)
    encoded = text[1:]
    if _BASE64URL.fullmatch(encoded) is None:
        raise Malformed("should have base64url after `~`")
    try:
        bare = encoded.rstrip("=")
        decoded = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Malformed("should have base64url of UTF-8 after `~`") from None
    return external_user_id(decoded)


def digest(parts: Iterable[bytes]) -> str:
    """A digest of the parts. Each is preceded by its length, so that different lists of parts never read the same."""
    found = sha256()
    for part in parts:
        found.update(len(part).to_bytes(4, "big"))
        found.update(part)
    return found.hexdigest()
