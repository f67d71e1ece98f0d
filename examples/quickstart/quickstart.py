"""Registers a meeting, lets Bob join, mutes them, and reads the event that says so."""

import json
import os
import uuid

import boto3
from gavel_client import Gavel, parse_event
from gavel_client.models import AttendeeCapabilitiesChanged

chime, sqs = boto3.client("chime-sdk-meetings"), boto3.client("sqs")
queue_url = os.environ["GAVEL_EVENTS_QUEUE_URL"]
meeting = chime.create_meeting(
    ClientRequestToken=str(uuid.uuid4()), ExternalMeetingId="quickstart", MediaRegion="us-east-1"
)
meeting_id = meeting["Meeting"]["MeetingId"]

gavel = Gavel(os.environ["GAVEL_URL"], os.environ["GAVEL_TOKEN"])
gavel.meetings.register(meeting_id, roles={"alice": "host"})
bob = gavel.create_attendee(chime, meeting_id, "bob")
muted = gavel.meeting(meeting_id).user("bob").mute(reason="noise", on_behalf_of="alice")
answers = iter(lambda: sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=5, VisibilityTimeout=20), None)
events = (json.loads(message["Body"]) for answer in answers for message in answer.get("Messages", []))
ours = (parse_event(event) for event in events if event["detail"].get("changeId") == muted.change_id)
told = next(event for event in ours if isinstance(event, AttendeeCapabilitiesChanged))
print(told.detail.attendees[0].external_user_id, told.detail.attendees[0].after.audio)
