"""The demo meeting: made in the Chime simulator and registered with Gavel, as a customer's back end does it."""

import uuid
from dataclasses import dataclass

import httpx

from local.aws import REGION, client
from local.stack import LocalStack

ROLES = {"alice": "host", "bob": "participant", "carol": "participant", "victor": "viewer"}
NAMES = {"alice": "Alice Ångström", "bob": "Bob Meyer", "carol": "田中 かおり", "victor": "فيكتور حداد"}
"""Display names, which the console shows."""


@dataclass(frozen=True)
class Demo:
    """The meeting, and the AttendeeId of each user."""

    meeting_id: str
    attendee_ids: dict[str, str]
    problem: str | None = None


def seed(stack: LocalStack, request_token: str | None = None) -> Demo:
    """Makes the meeting. `problem` says why it could not be registered.

    The same token gives the same meeting as long as that lives.
    """
    made = client("chime-sdk-meetings", stack.chime_url).create_meeting_with_attendees(
        ClientRequestToken=request_token or str(uuid.uuid4()),
        ExternalMeetingId="demo",
        MediaRegion=REGION,
        Attendees=[{"ExternalUserId": user} for user in ROLES],
    )
    meeting_id = made["Meeting"]["MeetingId"]
    attendee_ids = {attendee["ExternalUserId"]: attendee["AttendeeId"] for attendee in made["Attendees"]}
    problem = _register(stack, meeting_id, attendee_ids)
    stack.show(meeting_id, list(ROLES))
    return Demo(meeting_id, attendee_ids, problem)


def _register(stack: LocalStack, meeting_id: str, attendee_ids: dict[str, str]) -> str | None:
    """Registers the meeting, and returns what went wrong. A meeting that Gavel knows from an earlier run is left
    unchanged.
    """
    url = f"{stack.api_url}/meetings/{meeting_id}"
    headers = {"Authorization": f"Bearer {stack.token('back-end', scope='gavel/admin')}"}
    with httpx.Client(headers=headers, timeout=30, trust_env=False) as http:
        if http.get(url).is_success:
            return None
        answer = http.put(url, json={"roles": ROLES})
        if not answer.is_success:
            return f"`PUT /meetings/{{m}}` answers {answer.status_code}: {answer.text}"
        for user, attendee_id in attendee_ids.items():
            http.put(f"{url}/attendees/{attendee_id}", json={"displayName": NAMES[user]}).raise_for_status()
    return None
