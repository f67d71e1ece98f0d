"""A meeting to play with: made in the Chime simulator and registered with Gavel, as a customer's back end would."""

import uuid
from dataclasses import dataclass

import httpx

from local.aws import REGION, client
from local.stack import LocalStack

ROLES = {"alice": "host", "bob": "participant", "carol": "participant", "victor": "viewer"}


@dataclass(frozen=True)
class Demo:
    """The meeting, and each person's seat in it."""

    meeting_id: str
    attendee_ids: dict[str, str]
    problem: str | None = None


def seed(stack: LocalStack) -> Demo:
    """Makes the meeting; why registering it failed is told in `problem`."""
    chime = client("chime-sdk-meetings", stack.chime_url)
    meeting = chime.create_meeting(ClientRequestToken=str(uuid.uuid4()), ExternalMeetingId="demo", MediaRegion=REGION)[
        "Meeting"
    ]
    seats = chime.batch_create_attendee(
        MeetingId=meeting["MeetingId"], Attendees=[{"ExternalUserId": user} for user in ROLES]
    )["Attendees"]
    answer = httpx.put(
        f"{stack.api_url}/meetings/{meeting['MeetingId']}",
        json={"roles": ROLES},
        headers={"Authorization": f"Bearer {stack.token('back-end', scope='gavel/admin')}"},
        timeout=30,
        trust_env=False,
    )
    stack.show(meeting["MeetingId"], list(ROLES))
    problem = None if answer.is_success else f"`PUT /meetings/{{m}}` answers {answer.status_code}: {answer.text}"
    return Demo(meeting["MeetingId"], {seat["ExternalUserId"]: seat["AttendeeId"] for seat in seats}, problem)
