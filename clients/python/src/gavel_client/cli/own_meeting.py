"""A meeting of the command's own: created in Chime and deleted with the AWS credentials at hand, if they permit it."""

import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .aws import aws_client, endpoint
from .settings import NotConfiguredError, Settings

CHIME = "chime-sdk-meetings"
REGION_IN_URL = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
USER = "gavel-doctor"


class CannotMakeError(Exception):
    """No meeting could be created; the text says why."""


@dataclass(frozen=True)
class OwnMeeting:
    meeting_id: str
    attendee_id: str


@contextmanager
def own_meeting(settings: Settings) -> Iterator[OwnMeeting]:
    """A meeting with one attendee, deleted at the end whatever happens. Raises `CannotMakeError`."""
    if settings.is_local and endpoint(settings, CHIME) is None:
        raise CannotMakeError("the Chime simulator's address is missing (`source .local/env`)")
    found = REGION_IN_URL.search(settings.url)
    try:
        client = aws_client(settings, CHIME, "gavel doctor", found[1] if found else None)
    except NotConfiguredError as error:
        raise CannotMakeError(str(error)) from None
    except aws_errors() as error:
        raise CannotMakeError(in_short(error)) from None
    with closing(client) as chime:
        try:
            meeting_id = create(chime)
        except aws_errors() as error:
            raise CannotMakeError(in_short(error)) from None
        try:
            yield OwnMeeting(meeting_id, join(chime, meeting_id))
        finally:
            chime.delete_meeting(MeetingId=meeting_id)


def create(chime: Any) -> str:
    answer = chime.create_meeting(
        ClientRequestToken=str(uuid.uuid4()),
        MediaRegion=chime.meta.region_name,
        ExternalMeetingId=f"{USER}-{uuid.uuid4()}",
    )
    return str(answer["Meeting"]["MeetingId"])


def join(chime: Any, meeting_id: str) -> str:
    """The answer has a JoinToken, which goes no further."""
    return str(chime.create_attendee(MeetingId=meeting_id, ExternalUserId=USER)["Attendee"]["AttendeeId"])


def aws_errors() -> tuple[type[Exception], ...]:
    """Those of botocore, which is there if boto3 is."""
    exceptions: Any = import_module("botocore.exceptions")
    return exceptions.BotoCoreError, exceptions.ClientError


def in_short(error: Exception) -> str:
    """Without the ids and names that AWS's messages hold."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    return f"Chime answers `{code}`" if code else f"{type(error).__name__} (`AWS_PROFILE`, `AWS_REGION`)"
