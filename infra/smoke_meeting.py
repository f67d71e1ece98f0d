"""A meeting of the smoke test's own: made and deleted in Chime with the credentials at hand, if they may."""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

REGION_IN_URL = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
USER = "gavel-smoke-test"


class CannotMake(Exception):
    """No meeting could be made; the text says why."""


@dataclass(frozen=True)
class OwnMeeting:
    meeting_id: str
    attendee_id: str


@contextmanager
def own_meeting(url: str) -> Iterator[OwnMeeting]:
    """A meeting with one attendee; deleted at the end whatever happens. Raises `CannotMake`."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise CannotMake("boto3 is not installed") from None
    found = REGION_IN_URL.search(url)
    try:
        session = boto3.Session(region_name=found[1] if found else None)
        if session.get_credentials() is None:
            raise CannotMake("no AWS credentials (`AWS_PROFILE`)")
        chime = session.client("chime-sdk-meetings", endpoint_url=os.environ.get("CHIME_ENDPOINT_URL"))
        meeting_id = _create(chime, session.region_name)
    except (BotoCoreError, ClientError) as error:
        raise CannotMake(_short(error)) from None
    try:
        yield OwnMeeting(meeting_id, _join(chime, meeting_id))
    finally:
        chime.delete_meeting(MeetingId=meeting_id)


def _create(chime: Any, region: str) -> str:
    answer = chime.create_meeting(
        ClientRequestToken=str(uuid.uuid4()), MediaRegion=region, ExternalMeetingId=f"{USER}-{uuid.uuid4()}"
    )
    return str(answer["Meeting"]["MeetingId"])


def _join(chime: Any, meeting_id: str) -> str:
    """The answer has a JoinToken, which goes no further."""
    return str(chime.create_attendee(MeetingId=meeting_id, ExternalUserId=USER)["Attendee"]["AttendeeId"])


def _short(error: Exception) -> str:
    """Without the ids and names that AWS's messages hold."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    return f"`{code}` from Chime" if code else type(error).__name__
