"""What each operation of the API does to the world. Each takes checked parameters and gives the body of the answer."""

import base64
import binascii
from collections.abc import Callable

from local.chime.errors import Json, Refusal
from local.chime.meetings import Attendee, Meeting, World
from local.chime.rules import (
    MEETINGS_AT_ONCE,
    REPLICAS_OF_A_MEETING,
    TAGS_OF_A_MEETING,
    CreateAttendee,
    check_capabilities,
    check_external_id,
    check_media_region,
)

Deed = Callable[[World, Json, float], Json | None]

LARGEST_PAGE = 100


def create_meeting(world: World, order: Json, now: float) -> Json:
    return {"Meeting": _created(world, order, now)["Meeting"]}


def create_meeting_with_attendees(world: World, order: Json, now: float) -> Json:
    return _created(world, order, now)


def _created(world: World, order: Json, now: float) -> Json:
    """The same ClientRequestToken gives the same meeting and the same attendees for as long as the meeting lives."""
    known = world.answers_by_token.get(order["ClientRequestToken"])
    if known and known["MeetingId"] in world.meetings:
        meeting = world.meetings[known["MeetingId"]]
        present = [meeting.attendees[one].as_json() for one in known["AttendeeIds"] if one in meeting.attendees]
        return {"Meeting": meeting.as_json(), "Attendees": present, "Errors": known["Errors"]}
    _check_new_meeting(world, order)
    meeting = world.open_meeting(order, now)
    meeting.tags = {tag["Key"]: tag["Value"] for tag in order.get("Tags", [])}
    answer = _add_all(world, meeting, order.get("Attendees", []), now)
    world.answers_by_token[order["ClientRequestToken"]] = {
        "MeetingId": meeting.id,
        "AttendeeIds": [attendee["AttendeeId"] for attendee in answer["Attendees"]],
        "Errors": answer["Errors"],
    }
    return {"Meeting": meeting.as_json(), **answer}


def _check_new_meeting(world: World, order: Json) -> None:
    check_media_region(order["MediaRegion"], world.region)
    check_external_id(order["ExternalMeetingId"], "ExternalMeetingId")
    if "MeetingHostId" in order:
        check_external_id(order["MeetingHostId"], "MeetingHostId")
    _check_tags({}, order.get("Tags", []))
    primary = order.get("PrimaryMeetingId")
    if primary is not None and primary not in world.meetings:
        raise Refusal("BadRequestException", f"primary meeting `{primary}` not found")
    if not world.settings.quota:
        return
    if len(world.meetings) >= MEETINGS_AT_ONCE:
        raise Refusal("LimitExceededException", f"there are {MEETINGS_AT_ONCE} meetings already")
    replicas = [one for one in world.meetings.values() if primary and one.request.get("PrimaryMeetingId") == primary]
    if len(replicas) >= REPLICAS_OF_A_MEETING:
        raise Refusal("LimitExceededException", f"the meeting has its {REPLICAS_OF_A_MEETING} replicas already")


def get_meeting(world: World, order: Json, _now: float) -> Json:
    return {"Meeting": world.meeting(order["MeetingId"]).as_json()}


def delete_meeting(world: World, order: Json, now: float) -> None:
    world.end_meeting(world.meeting(order["MeetingId"]), now)


def create_attendee(world: World, order: Json, now: float) -> Json:
    return {"Attendee": _add_one(world, world.meeting(order["MeetingId"]), order, now).as_json()}


def batch_create_attendee(world: World, order: Json, now: float) -> Json:
    return _add_all(world, world.meeting(order["MeetingId"]), order["Attendees"], now)


def _add_all(world: World, meeting: Meeting, items: list[Json], now: float) -> Json:
    """An item that can't be created is reported beside those that were."""
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


def get_attendee(world: World, order: Json, _now: float) -> Json:
    return {"Attendee": world.meeting(order["MeetingId"]).attendee(order["AttendeeId"]).as_json()}


def delete_attendee(world: World, order: Json, now: float) -> None:
    meeting = world.meeting(order["MeetingId"])
    attendee = meeting.attendee(order["AttendeeId"])
    del meeting.attendees[attendee.id]
    if attendee.connected and not any(other.connected for other in meeting.attendees.values()):
        meeting.empty_since = now
    world.tell("AttendeeDeleted", now, meeting, attendee)


def list_attendees(world: World, order: Json, _now: float) -> Json:
    meeting = world.meeting(order["MeetingId"])
    after = _number_of(order["NextToken"]) if "NextToken" in order else 0
    rest = [attendee for attendee in meeting.attendees.values() if attendee.number > after]
    page = rest[: order.get("MaxResults", LARGEST_PAGE)]
    more = {"NextToken": _next_token(page[-1].number)} if len(rest) > len(page) else {}
    return {"Attendees": [attendee.as_json() for attendee in page], **more}


def _next_token(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def _number_of(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after:"))
    except (binascii.Error, ValueError):
        raise Refusal("BadRequestException", "`NextToken` is not one of this service") from None


def update_attendee_capabilities(world: World, order: Json, now: float) -> Json:
    meeting = world.meeting(order["MeetingId"])
    attendee = meeting.attendee(order["AttendeeId"])
    _check_capabilities(world, meeting, order["Capabilities"])
    world.write_capabilities(meeting, attendee, order["Capabilities"], now)
    return {"Attendee": attendee.as_json()}


def batch_update_attendee_capabilities_except(world: World, order: Json, now: float) -> None:
    """Overwrites all three media of everybody not excluded, media pipelines too. Unknown ids are no error."""
    meeting = world.meeting(order["MeetingId"])
    _check_capabilities(world, meeting, order["Capabilities"])
    excluded = {item["AttendeeId"] for item in order["ExcludedAttendeeIds"]}
    for attendee in meeting.attendees.values():
        if attendee.id not in excluded:
            world.write_capabilities(meeting, attendee, order["Capabilities"], now)


def tag_resource(world: World, order: Json, _now: float) -> None:
    meeting = world.meeting_of_arn(order["ResourceARN"])
    _check_tags(meeting.tags, order["Tags"])
    meeting.tags.update({tag["Key"]: tag["Value"] for tag in order["Tags"]})


def untag_resource(world: World, order: Json, _now: float) -> None:
    meeting = world.meeting_of_arn(order["ResourceARN"])
    for key in order["TagKeys"]:
        meeting.tags.pop(key, None)


def list_tags_for_resource(world: World, order: Json, _now: float) -> Json:
    tags = world.meeting_of_arn(order["ResourceARN"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _check_tags(present: dict[str, str], wanted: list[Json]) -> None:
    if any(tag["Key"].lower().startswith("aws:") for tag in wanted):
        raise Refusal("BadRequestException", "tag keys must not begin with the reserved prefix `aws:`")
    if len(present.keys() | {tag["Key"] for tag in wanted}) > TAGS_OF_A_MEETING:
        raise Refusal("TooManyTagsException", f"a meeting has at most {TAGS_OF_A_MEETING} tags")


DEEDS: dict[str, Deed] = {
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


def perform(operation: str, world: World, order: Json, now: float) -> Json | None:
    """Does what was asked; None where the answer has no body. Transcription is not simulated."""
    if operation not in DEEDS:
        raise Refusal("NotImplementedException", f"the simulator does not implement `{operation}`")
    return DEEDS[operation](world, order, now)
