"""Finds and removes a user's names in records.

A user is named by their ExternalUserId, by their AttendeeIds, and by their display name. A word of Gavel's may be an
ExternalUserId as well (`host`, `mute`), so an ExternalUserId is replaced only in fields of ids; an AttendeeId is
replaced everywhere.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .attributes import Document, Source

USER_FIELDS = frozenset({
    "userId", "externalUserId", "externalUserIds", "user", "users", "userIds", "actor", "via", "sparedUsers",
    "userListed", "unknown",
})  # fmt: skip
"""Fields whose texts are ExternalUserIds."""
KEYED_BY_USER = frozenset({"roles", "users"})
"""Fields that hold a mapping from ExternalUserIds."""
TEXTS = frozenset({"reason", "detail", "title"})
"""Fields with texts that people wrote, or that quote them."""
WORDS = frozenset({
    "command", "type", "detailType", "kind", "changes", "verdict", "status", "code", "policies", "effects",
    "outcome", "role", "roles", "defaultRole", "sparedRoles", "mode", "unmuteConsent", "media", "medium",
    "audio", "video", "content", "origin", "liftableBy", "by", "withholds", "awaiting", "ended",
})  # fmt: skip
"""Fields whose texts are Gavel's own words."""
DISPLAY_NAME = "displayName"


class Pseudonyms:
    """Removes one user from records. Each of their ids is replaced by the same random id everywhere."""

    def __init__(self, user_id: str, user_pseudonym: str, attendees: Mapping[str, str]) -> None:
        """`attendees`: AttendeeId → its replacement."""
        self._user_id = user_id
        self._pseudonym = user_pseudonym
        self._attendees = attendees
        self._word = re.compile(rf"(?<!\w){re.escape(user_id)}(?!\w)")

    def without(self, document: Source) -> Document:
        """The record without the user, and without reasons, which may speak of them. A record that does not name the
        user stays unchanged.
        """
        found: Document = {name: self._replaced(value, name, document) for name, value in document.items()}
        return found if found == document else {name: _unexplained(value, name) for name, value in found.items()}

    def is_named(self, document: Source) -> bool:
        """Whether the record names the user, in any field."""
        return self.without(document) != document or self.is_left(document)

    def is_left(self, value: Any) -> bool:
        """Whether the ExternalUserId is still a text in the record, in a field that is not known to hold ids."""
        return any(text == self._user_id for text in texts(value))

    def _replaced(self, value: Any, field: str, within: Source) -> Any:
        if isinstance(value, Mapping):
            keyed = field in KEYED_BY_USER
            found = {self._key(key, keyed=keyed): self._replaced(each, key, value) for key, each in value.items()}
            return found | {DISPLAY_NAME: None} if DISPLAY_NAME in found and found != value else found
        if isinstance(value, list):
            return [self._replaced(each, field, within) for each in value]
        return self._text(value, field, within) if isinstance(value, str) else value

    def _key(self, key: str, *, keyed: bool) -> str:
        return self._pseudonym if keyed and key == self._user_id else self._attendees.get(key, key)

    def _text(self, text: str, field: str, within: Source) -> str:
        if (document := parsed(text)) is not None:
            replaced = self._replaced(document, field, within)
            return text if replaced == document else json.dumps(replaced, ensure_ascii=False)
        for attendee_id, pseudonym in self._attendees.items():
            text = text.replace(attendee_id, pseudonym)
        is_id = field in USER_FIELDS or (field == "id" and "kind" in within)
        if is_id and text == self._user_id:
            return self._pseudonym
        return self._word.sub(self._pseudonym, text) if field in TEXTS else text


def attendees_of(user_id: str, value: Any) -> Iterator[str]:
    """The user's AttendeeIds in a record."""
    if isinstance(value, str):
        value = parsed(value)
    if isinstance(value, Mapping):
        if user_id in (value.get("externalUserId"), value.get("userId")) and value.get("attendeeId"):
            yield str(value["attendeeId"])
        for each in value.values():
            yield from attendees_of(user_id, each)
    elif isinstance(value, list):
        for each in value:
            yield from attendees_of(user_id, each)


def texts(value: Any) -> Iterator[str]:
    """All texts and keys in the value, those of JSON documents included, except Gavel's own words."""
    if isinstance(value, str):
        document = parsed(value)
        if document is None:
            yield value
        value = document
    if isinstance(value, Mapping):
        yield from value
        value = [each for name, each in value.items() if name not in WORDS or isinstance(each, Mapping)]
    for each in value if isinstance(value, list) else ():
        yield from texts(each)


def parsed(text: str) -> Any:
    """The document that a text holds as JSON; `None` if it holds none."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unexplained(value: Any, field: str) -> Any:
    if field == "reason":
        return None
    if isinstance(value, Mapping):
        return {key: _unexplained(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_unexplained(each, field) for each in value]
    if isinstance(value, str) and (document := parsed(value)) is not None:
        return json.dumps(_unexplained(document, field), ensure_ascii=False)
    return value
