"""The operations of the API. Each takes checked parameters, changes the world and returns the body of the answer."""

import base64
import binascii
from collections.abc import Callable

from chime_simulator.errors import Json, Refusal
from chime_simulator.meetings import Attendee, Meeting, World
from chime_simulator.rules import (
    REPLICAS_OF_A_MEETING,
    TAGS_OF_A_MEETING,
    CreateAttendee,
    check_capabilities,
    check_external_id,
    check_media_region,
)

Handler = Callable[[World, Json, float], Json | None]

LARGEST_PAGE = 100


def create_meeting(world: World, parameters: Json, now: float) -> Json:
    return {"Meeting": _created(world, parameters, now)["Meeting"]}


def create_meeting_with_attendees(world: World, parameters: Json, now: float) -> Json:
    return _created(world, parameters, now)


def _created(world: World, parameters: Json, now: float) -> Json:
    """The meeting and its attendees. The same ClientRequestToken gives the same ones for as long as the meeting
    lives.
    """
    known = world.answers_by_token.get(parameters["ClientRequestToken"])
    if known and known["MeetingId"] in world.meetings:
        meeting = world.meetings[known["MeetingId"]]
        present = [meeting.attendees[one].as_json() for one in known["AttendeeIds"] if one in meeting.attendees]
        return {"Meeting": meeting.as_json(), "Attendees": present, "Errors": known["Errors"]}
    _check_new_meeting(world, parameters)
    meeting = world.open_meeting(parameters, now)
    meeting.tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
    answer = _add_all(world, meeting, parameters.get("Attendees", []), now)
    world.answers_by_token[parameters["ClientRequestToken"]] = {
        "MeetingId": meeting.id,
        "AttendeeIds": [attendee["AttendeeId"] for attendee in answer["Attendees"]],
        "Errors": answer["Errors"],
    }
    return {"Meeting": meeting.as_json(), **answer}


def _check_new_meeting(world: World, parameters: Json) -> None:
    check_media_region(parameters["MediaRegion"], world.region)
    check_external_id(parameters["ExternalMeetingId"], "ExternalMeetingId")
    if "MeetingHostId" in parameters:
        check_external_id(parameters["MeetingHostId"], "MeetingHostId")
    _check_tags({}, parameters.get("Tags", []))
    primary = parameters.get("PrimaryMeetingId")
    if primary is not None and primary not in world.meetings:
        raise Refusal("BadRequestException", f"primary meeting `{primary}` not found")
    if not world.settings.quota:
        return
    if len(world.meetings) >= world.settings.meetings_at_once:
        raise Refusal("LimitExceededException", f"there are {len(world.meetings)} meetings already")
    replicas = [one for one in world.meetings.values() if primary and one.request.get("PrimaryMeetingId") == primary]
    if len(replicas) >= REPLICAS_OF_A_MEETING:
        raise Refusal("LimitExceededException", f"the meeting has its {REPLICAS_OF_A_MEETING} replicas already")


def get_meeting(world: World, parameters: Json, _now: float) -> Json:
    return {"Meeting": world.meeting(parameters["MeetingId"]).as_json()}


def delete_meeting(world: World, parameters: Json, now: float) -> None:
    world.end_meeting(world.meeting(parameters["MeetingId"]), now)


def create_attendee(world: World, parameters: Json, now: float) -> Json:
    return {"Attendee": _add_one(world, world.meeting(parameters["MeetingId"]), parameters, now).as_json()}


def batch_create_attendee(world: World, parameters: Json, now: float) -> Json:
    return _add_all(world, world.meeting(parameters["MeetingId"]), parameters["Attendees"], now)


def _add_all(world: World, meeting: Meeting, items: list[Json], now: float) -> Json:
    """Adds attendees. An item that cannot be created is reported beside the others."""
    attendees, errors = [], []
    for item in items:
        try:
            attendees.append(_add_one(world, meeting, item, now).as_json())
        except Refusal as refusal:
            told = {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            errors.append({"ExternalUserId": item["ExternalUserId"], **told})
    return {"Attendees": attendees, "Errors": errors}


def _add_one(world: World, meeting: Meeting, item: Json, now: float) -> Attendee:
    check_external_id(item["ExternalUserId"], "ExternalUserId")
    capabilities = item.get("Capabilities")
    if capabilities is not None:
        _check_capabilities(world, meeting, capabilities)
    if world.settings.create_attendee_reading is CreateAttendee.SAME:
        present = world.attendee_of(meeting, item["ExternalUserId"])
        if present is not None:
            return present
    return world.add_attendee(meeting, item["ExternalUserId"], capabilities, now)


def _check_capabilities(world: World, meeting: Meeting, capabilities: Json) -> None:
    reading = meeting.video_none_reading or world.settings.video_none_reading
    check_capabilities(capabilities, meeting.features, reading)


def get_attendee(world: World, parameters: Json, _now: float) -> Json:
    return {"Attendee": world.meeting(parameters["MeetingId"]).attendee(parameters["AttendeeId"]).as_json()}


def delete_attendee(world: World, parameters: Json, now: float) -> None:
    meeting = world.meeting(parameters["MeetingId"])
    attendee = meeting.attendee(parameters["AttendeeId"])
    del meeting.attendees[attendee.id]
    if attendee.connected and not any(other.connected for other in meeting.attendees.values()):
        meeting.empty_since = now
    world.emit("AttendeeDeleted", now, meeting, attendee)


def list_attendees(world: World, parameters: Json, _now: float) -> Json:
    meeting = world.meeting(parameters["MeetingId"])
    after = _number_of(parameters["NextToken"]) if "NextToken" in parameters else 0
    rest = [attendee for attendee in meeting.attendees.values() if attendee.number > after]
    page = rest[: parameters.get("MaxResults", LARGEST_PAGE)]
    more = {"NextToken": _next_token(page[-1].number)} if len(rest) > len(page) else {}
    return {"Attendees": [attendee.as_json() for attendee in page], **more}


def _next_token(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def _number_of(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after:"))
    except (binascii.Error, ValueError):
        raise Refusal("BadRequestException", "`NextToken` is not one of this service") from None


def update_attendee_capabilities(world: World, parameters: Json, now: float) -> Json:
    meeting = world.meeting(parameters["MeetingId"])
    attendee = meeting.attendee(parameters["AttendeeId"])
    _check_capabilities(world, meeting, parameters["Capabilities"])
    world.write_capabilities(meeting, attendee, parameters["Capabilities"], now)
    return {"Attendee": attendee.as_json()}


def batch_update_attendee_capabilities_except(world: World, parameters: Json, now: float) -> None:
    """Overwrites all three media of all attendees that are not excluded, media pipelines too. An unknown id is no
    error.
    """
    meeting = world.meeting(parameters["MeetingId"])
    _check_capabilities(world, meeting, parameters["Capabilities"])
    excluded = {item["AttendeeId"] for item in parameters["ExcludedAttendeeIds"]}
    for attendee in meeting.attendees.values():
        if attendee.id not in excluded:
            world.write_capabilities(meeting, attendee, parameters["Capabilities"], now)


def tag_resource(world: World, parameters: Json, _now: float) -> None:
    meeting = world.meeting_of_arn(parameters["ResourceARN"])
    _check_tags(meeting.tags, parameters["Tags"])
    meeting.tags.update({tag["Key"]: tag["Value"] for tag in parameters["Tags"]})


def untag_resource(world: World, parameters: Json, _now: float) -> None:
    meeting = world.meeting_of_arn(parameters["ResourceARN"])
    for key in parameters["TagKeys"]:
        meeting.tags.pop(key, None)


def list_tags_for_resource(world: World, parameters: Json, _now: float) -> Json:
    tags = world.meeting_of_arn(parameters["ResourceARN"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _check_tags(present: dict[str, str], wanted: list[Json]) -> None:
    if any(tag["Key"].lower().startswith("aws:") for tag in wanted):
        raise Refusal("BadRequestException", "tag keys must not begin with the reserved prefix `aws:`")
    if len(present.keys() | {tag["Key"] for tag in wanted}) > TAGS_OF_A_MEETING:
        raise Refusal("TooManyTagsException", f"a meeting has at most {TAGS_OF_A_MEETING} tags")


HANDLERS: dict[str, Handler] = {
    "CreateMeeting": create_meeting,
    "CreateMeetingWithAttendees": create_meeting_with_attendees,
    "GetMeeting": get_meeting,
    "DeleteMeeting": delete_meeting,
    "CreateAttendee": create_attendee,
    "BatchCreateAttendee": batch_create_attendee,
    "GetAttendee": get_attendee,
    "DeleteAttendee": delete_attendee,
    "ListAttendees": list_attendees,
    "UpdateAttendeeCapabilities": update_attendee_capabilities,
    "BatchUpdateAttendeeCapabilitiesExcept": batch_update_attendee_capabilities_except,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}


def perform(operation: str, world: World, parameters: Json, now: float) -> Json | None:
    """Runs the operation. Returns the body of the answer, or `None`. Transcription is not simulated."""
    if operation not in HANDLERS:
        raise Refusal("NotImplementedException", f"the simulator does not implement `{operation}`")
    return HANDLERS[operation](world, parameters, now)
