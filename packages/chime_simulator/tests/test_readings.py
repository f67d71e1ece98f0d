"""Which capabilities are legal: 12 of 16 pairs, the meeting's features, both readings of the Video-None
contradiction.
"""

from itertools import product

import pytest
from botocore.exceptions import ClientError
from chime_simulator import VideoNone
from chime_simulator.errors import Refusal
from chime_simulator.rules import attendee_limit, check_capabilities, check_media_region
from hypothesis import given, settings
from hypothesis import strategies as st

from .service import NOTHING, Json, SimulatedService, refused

WORDS = ("SendReceive", "Send", "Receive", "None")
NO_VIDEO = {"Video": {"MaxResolution": "None"}}
NO_CONTENT = {"Content": {"MaxResolution": "None"}}
VALID_PAIRS = {  # (Video, Content), written out
    *(("SendReceive", "SendReceive"), ("SendReceive", "Send"), ("SendReceive", "Receive"), ("SendReceive", "None")),
    *(("Receive", "SendReceive"), ("Receive", "Send"), ("Receive", "Receive"), ("Receive", "None")),
    *(("Send", "Send"), ("Send", "None"), ("None", "Send"), ("None", "None")),
}
CAMERA_OFF = {"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}


def allowed_pairs(video: bool, content: bool, reading: str) -> set[tuple[str, str]]:
    """The table of the documentation for one kind of meeting."""
    pairs = VALID_PAIRS
    if not content:
        pairs = {pair for pair in pairs if pair[1] == "None"}
    if not video:
        words = {"None", "Receive"} if reading == "lenient" and content else {"None"}
        pairs = {pair for pair in pairs if pair[0] in words}
    return pairs


def features(video: bool, content: bool) -> Json:
    return {
        "Video": {"MaxResolution": "HD" if video else "None"},
        "Content": {"MaxResolution": "FHD" if content else "None"},
    }


@pytest.mark.parametrize(
    ("video", "content", "reading"), list(product((True, False), (True, False), ("lenient", "strict")))
)
def test_the_wire_takes_exactly_the_table(
    unlimited_service: SimulatedService, video: bool, content: bool, reading: str
) -> None:
    unlimited_service.control("PUT", "settings", {"videoNoneReading": reading})
    meeting_id = unlimited_service.meeting(features(video, content))
    attendee_id = unlimited_service.attendee(meeting_id)

    taken = set()
    for audio, picture, share in product(WORDS, repeat=3):
        wanted = {"Audio": audio, "Video": picture, "Content": share}
        try:
            unlimited_service.update(meeting_id, attendee_id, wanted)
        except ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] != 400:
                raise
            continue
        taken.add((audio, picture, share))
        assert unlimited_service.capabilities(meeting_id) == {attendee_id: wanted}

    expected = {(audio, *pair) for audio in WORDS for pair in allowed_pairs(video, content, reading)}
    assert taken == expected


def test_twelve_pairs_of_sixteen() -> None:
    assert len(VALID_PAIRS) == 12
    assert allowed_pairs(True, True, "strict") == VALID_PAIRS


@given(st.sampled_from(["HD", "FHD", "None", None]), st.sampled_from(["FHD", "UHD", "None", None]), st.data())
@settings(deadline=None)
def test_the_rules_follow_the_table_for_every_resolution(
    video: str | None, content: str | None, data: st.DataObject
) -> None:
    reading = data.draw(st.sampled_from(VideoNone))
    words = {medium: data.draw(st.sampled_from(WORDS)) for medium in ("Audio", "Video", "Content")}
    given_features = {
        medium: {"MaxResolution": resolution}
        for medium, resolution in (("Video", video), ("Content", content))
        if resolution
    }
    try:
        check_capabilities(words, given_features, reading)
        taken = True
    except Refusal:
        taken = False

    pairs = allowed_pairs(video != "None", content != "None", reading)
    assert taken == ((words["Video"], words["Content"]) in pairs)


@pytest.mark.parametrize(
    ("meeting_features", "expected"),
    [
        (NO_VIDEO, CAMERA_OFF),
        (NO_CONTENT, {"Audio": "SendReceive", "Video": "SendReceive", "Content": "None"}),
        ({**NO_VIDEO, **NO_CONTENT}, {"Audio": "SendReceive", "Video": "None", "Content": "None"}),
    ],
)
def test_defaults_follow_the_features(
    unlimited_service: SimulatedService, meeting_features: Json, expected: Json
) -> None:
    meeting_id = unlimited_service.meeting(meeting_features)
    attendee_id = unlimited_service.attendee(meeting_id)

    assert unlimited_service.capabilities(meeting_id) == {attendee_id: expected}


def test_leniently_read_an_audio_mute_keeps_the_default_video(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting(NO_VIDEO)
    attendee_id = unlimited_service.attendee(meeting_id)

    unlimited_service.update(meeting_id, attendee_id, {**CAMERA_OFF, "Audio": "Receive"})


def test_strictly_read_only_nothing_passes(unlimited_service: SimulatedService) -> None:
    unlimited_service.control("PUT", "settings", {"videoNoneReading": "strict"})
    meeting_id = unlimited_service.meeting(NO_VIDEO)
    attendee_id = unlimited_service.attendee(meeting_id)

    with refused(400, "ValidationException"):
        unlimited_service.update(meeting_id, attendee_id, {**CAMERA_OFF, "Audio": "Receive"})
    with refused(400, "BadRequestException"):
        unlimited_service.update(meeting_id, attendee_id, {**CAMERA_OFF, "Video": "None"})
    unlimited_service.update(meeting_id, attendee_id, NOTHING)


def test_one_meeting_can_be_read_differently(unlimited_service: SimulatedService) -> None:
    strict, lenient = unlimited_service.meeting(NO_VIDEO), unlimited_service.meeting(NO_VIDEO)
    unlimited_service.control("PUT", f"meetings/{strict}/settings", {"videoNoneReading": "strict"})

    unlimited_service.update(lenient, unlimited_service.attendee(lenient), CAMERA_OFF)
    with refused(400, "ValidationException"):
        unlimited_service.update(strict, unlimited_service.attendee(strict), CAMERA_OFF)


def test_read_as_a_token_the_external_user_id_gives_the_same_attendee(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    first, second = (unlimited_service.attendee(meeting_id, "bob") for _ in range(2))
    assert first != second, "as callers report it"
    unlimited_service.control("PUT", "settings", {"createAttendeeReading": "same"})
    unlimited_service.update(meeting_id, first, NOTHING)
    assert unlimited_service.attendee(meeting_id, "bob") == first
    users = [{"ExternalUserId": "bob"}, {"ExternalUserId": "cem"}, {"ExternalUserId": "cem"}]
    made = unlimited_service.chime.batch_create_attendee(MeetingId=meeting_id, Attendees=users)["Attendees"]
    assert (made[0]["AttendeeId"], made[0]["Capabilities"]) == (first, NOTHING)
    assert made[1]["AttendeeId"] == made[2]["AttendeeId"]
    added = [event["externalUserId"] for event in unlimited_service.events("AttendeeAdded")]
    assert added == ["bob", "bob", "cem"]


@pytest.mark.parametrize(
    ("resolutions", "count", "most"),
    [
        ({}, None, 250),
        ({"Video": {"MaxResolution": "FHD"}}, None, 25),
        ({"Content": {"MaxResolution": "UHD"}}, None, 25),
        ({"Video": {"MaxResolution": "HD"}, "Content": {"MaxResolution": "FHD"}}, None, 250),
        ({"Video": {"MaxResolution": "FHD"}}, 250, 25),
        ({"Video": {"MaxResolution": "FHD"}}, 10, 10),
        ({}, 30, 30),
    ],
)
def test_how_many_fit_depends_on_the_resolution(resolutions: Json, count: int | None, most: int) -> None:
    assert attendee_limit({**resolutions, **({"Attendee": {"MaxCount": count}} if count else {})}) == most


@pytest.mark.parametrize(
    ("control", "media", "fits"),
    [
        ("us-east-1", "eu-west-1", True),
        ("eu-central-1", "us-west-1", True),
        ("us-east-1", "us-gov-west-1", False),
        ("us-gov-west-1", "us-gov-east-1", True),
        ("us-gov-west-1", "us-east-1", False),
        ("us-east-1", "eu-south-2", False),
        ("us-east-1", "il-central-1", True),
        ("il-central-1", "il-central-1", True),
        ("il-central-1", "eu-central-1", False),
        ("af-south-1", "af-south-1", True),
        ("af-south-1", "us-east-1", False),
    ],
)
def test_which_media_regions_a_control_region_may_choose(control: str, media: str, fits: bool) -> None:
    if fits:
        check_media_region(media, control)
        return
    with pytest.raises(Refusal):
        check_media_region(media, control)
