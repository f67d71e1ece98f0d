"""Ids as callers send them. Each reader raises `Malformed`, whose text may be shown."""

import re

from ..domain.meeting import is_pipeline

# Patterns of the Chime SDK Meetings API. Attendee ids are not version-4 UUIDs, so no version is looked for.
_CHIME_ID = re.compile(r"[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")
_EXTERNAL_USER_ID = re.compile(r"""[-_&@+=,(){}\[\]/«».:|'"#a-zA-Z0-9À-ÿ\s]{2,64}""")
_CHANGE_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_CONTENT_SUFFIX = "#content"


class Malformed(ValueError):
    """Not the id it should be."""


def is_chime_id(text: str) -> bool:
    """Whether it is written as Chime writes the ids of meetings and attendees."""
    return _CHIME_ID.fullmatch(text) is not None


def meeting_id(text: str) -> str:
    """In lower case, as Chime writes ids: some platforms write UUIDs in capitals (Swift's `uuidString`)."""
    if not is_chime_id(text):
        raise Malformed("not a MeetingId")
    return text.lower()


def attendee_id(text: str) -> str:
    """A screen share joins as `<AttendeeId>#content`; what binds it is the seat."""
    seat = text.removesuffix(_CONTENT_SUFFIX)
    if not is_chime_id(seat):
        raise Malformed("not an AttendeeId")
    return seat.lower()


def change_id(text: str) -> str:
    if _CHANGE_ID.fullmatch(text) is None:
        raise Malformed("not a change id")
    return text


def external_user_id(text: str) -> str:
    """The id itself, as it stands in JSON and in tokens."""
    if _EXTERNAL_USER_ID.fullmatch(text) is None:
        raise Malformed("not an ExternalUserId: 2 to 64 of the characters that Chime allows")
    if is_pipeline(text):
        raise Malformed("`aws:` is reserved for media pipelines")
    return text
