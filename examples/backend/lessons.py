"""A back end of lessons: creates meetings, registers them with Gavel, and lets users join."""

import os
import uuid
from http import HTTPStatus
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from gavel_client import ClientCredentials, Gavel, NotAdmitted
from gavel_client.joining import ChimeMeetings

Answer = tuple[dict[str, Any], int]
"""Body and status."""


class Lessons:
    """The routes, with what they need: clients that are made once in a process."""

    def __init__(self, gavel: Gavel, chime: Any, region: str) -> None:
        self.gavel = gavel
        self.chime: Any = chime
        self.region = region
        self.app = APIGatewayHttpResolver()
        self.app.post("/lessons")(self.create)
        self.app.post("/lessons/<meeting_id>/attendees")(self.join)

    def create(self) -> Answer:
        """A lesson whose host is the teacher who calls. Gavel knows the meeting before anybody can join it."""
        meeting = self.chime.create_meeting(
            ClientRequestToken=str(uuid.uuid4()), ExternalMeetingId=self._body()["name"], MediaRegion=self.region
        )["Meeting"]
        self.gavel.meetings.register(meeting["MeetingId"], roles={self._user(): "host"})
        return {"meetingId": meeting["MeetingId"]}, HTTPStatus.CREATED

    def join(self, meeting_id: str) -> Answer:
        """What the page of the caller needs to join; the JoinToken goes to nobody else."""
        chime: ChimeMeetings = self.chime
        joined = self.gavel.create_attendee(chime, meeting_id, self._user(), display_name=self._claims().get("name"))
        if isinstance(joined, NotAdmitted):
            status = HTTPStatus.FORBIDDEN if joined.code == "banned" else HTTPStatus.ACCEPTED
            return {"code": joined.code}, status
        meeting = self.chime.get_meeting(MeetingId=meeting_id)["Meeting"]
        return {"meeting": meeting, "attendee": dict(joined.join_info)}, HTTPStatus.OK

    def _user(self) -> str:
        """The caller, as the API's authorizer knows them: their ExternalUserId in Chime and in Gavel."""
        return self._claims()["sub"]

    def _claims(self) -> dict[str, str]:
        claims: dict[str, str] = self.app.current_event.request_context.authorizer.jwt_claim
        return claims

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = self.app.current_event.json_body
        return body


def lessons() -> Lessons:
    """Of the environment."""
    names = ("GAVEL_TOKEN_URL", "GAVEL_CLIENT_ID", "GAVEL_CLIENT_SECRET")
    credentials = ClientCredentials(*(os.environ[name] for name in names))
    region = os.environ["AWS_REGION"]
    chime = boto3.client("chime-sdk-meetings", region_name=region)
    return Lessons(Gavel(os.environ["GAVEL_URL"], credentials), chime, region)


class Handler:
    """The entry point `lessons.handler`: the clients are made with the first request."""

    def __init__(self) -> None:
        self._lessons: Lessons | None = None

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        self._lessons = self._lessons or lessons()
        return self._lessons.app.resolve(event, context)


handler = Handler()
