"""The sentences of the history, for each command and each type of entry."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from moderation.domain.actor import CHIME, Actor, ActorKind
from moderation.domain.capability import Medium, of_word
from moderation.domain.commands import (
    Admit,
    Ban,
    Bind,
    Command,
    Consent,
    End,
    EndFloor,
    Expire,
    GrantFloor,
    Hold,
    LeaveLobby,
    LetIn,
    LowerAllHands,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Register,
    Release,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.entry import (
    ABANDONED,
    ADMISSION_REQUESTED,
    CAPABILITIES_CHANGED,
    DECIDED,
    DELAYED,
    DRIFT_FOUND,
    HAND_LOWERED,
    HAND_RAISED,
    MEETING_CHANGED,
    MEETING_ENDED,
    REMOVED,
    SUPERSEDED,
    UNMUTE_ANSWERED,
    UNMUTE_REQUESTED,
    Entry,
    concerning,
)
from moderation.domain.meeting import UnmuteConsent
from moderation.domain.summary import summary

from tests.unit.domain.cases import ALICE, BOB, NOW

CLOCK = Actor(ActorKind.CLOCK, "clock")
BACK_END = Actor(ActorKind.ADMIN, "back-end")
PHONE = replace(BOB, via="phone-gateway")
TRIGGER = Actor(ActorKind.SERVICE, "trigger/dial-in")
ALL_ON = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
SILENT = ALL_ON | {"audio": "Receive"}
NOTHING_AT_ALL = dict.fromkeys(ALL_ON, "None")
UNTIL = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
A, V, C = Medium.AUDIO, Medium.VIDEO, Medium.CONTENT
CHANGE_ID = "01KQS6WB800000000000000001"
UNREADABLE = re.compile(rf"{CHANGE_ID}|SendReceive|Receive\b|\bSend\b|\bNone\b|True|False|\bhis\b|\bhim\b|everybody")
"""Ids of changes, the words of the API and of Python, and words that the project avoids."""


def written(kind: str, command: str, extra: dict[str, object], actor: Actor = ALICE, reason: str | None = None) -> str:
    sentence = summary(Entry("e", kind, "m", "standup", NOW, actor, command, "m2", CHANGE_ID, reason, extra))
    assert not UNREADABLE.search(sentence)
    return sentence


def decided(command: Command, actor: Actor = ALICE, code: str | None = None, *users: str) -> str:
    extra: dict[str, object] = {
        "verdict": "refused" if code else "accepted",
        "policies": ["no-permit"],
        "code": code,
        "parameters": command.parameters(),
        "attendees": [concerning("attendee", user_id) for user_id in users],
    }
    return written(DECIDED, command.name, extra, actor, command.reason)


def wanted(**words: str) -> SetCapabilities:
    return SetCapabilities({Medium(medium): of_word(Medium(medium), word) for medium, word in words.items()})


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (MuteEverybody(), "alice muted everyone except hosts and cohosts"),
        (
            MuteEverybody(reason="exam", seconds=90),
            "alice muted everyone except hosts and cohosts for 1 min 30 s: exam",
        ),
        (MuteEverybody(spared_roles=()), "alice muted everyone"),
        (MuteEverybody(spared_roles=(), spared_attendees=("a",)), "alice muted everyone except 1 attendee"),
        (
            MuteEverybody((A, C), ("host",), ("dan",), ("a", "b")),
            "alice muted the microphones and screen shares of everyone except hosts, dan and 2 attendees",
        ),
        (UnmuteEverybody(), "alice unmuted everyone"),
        (UnmuteEverybody((V,)), "alice unmuted the cameras of everyone"),
        (SetMeeting(mode="audience"), "alice switched the meeting to audience mode"),
        (SetMeeting(frozen=True), "alice froze the meeting"),
        (SetMeeting(frozen=False), "alice unfroze the meeting"),
        (SetMeeting(lobby=False), "alice turned the lobby off"),
        (SetMeeting(mode="open", lobby=True), "alice switched the meeting to open mode and turned the lobby on"),
        (SetMeeting(default_role="viewer"), "alice made viewer the default role"),
        (SetMeeting(unmute_consent=UnmuteConsent.NONE), "alice turned consent to unmuting off"),
        (SetMeeting(unmute_consent=UnmuteConsent.REQUIRED), "alice made unmuting a matter of consent"),
        (
            SetMeeting(unmute_consent=UnmuteConsent.MUTED_FIRST),
            "alice made clients mute themselves before they are unmuted",
        ),
        (SetMeeting(), "alice left the meeting's settings as they are"),
        (Register({"alice": "host"}, mode="audience"), "alice registered the meeting in audience mode"),
        (Admit({"zoe": None, "yan": "viewer"}), "alice admitted zoe and yan"),
        (Admit({f"u{n}": None for n in range(100)}), "alice admitted 100 people"),
        (End("it is late"), "alice ended the meeting: it is late"),
        (Undo(CHANGE_ID), "alice undid an earlier change"),
        (LowerAllHands(), "alice lowered all hands"),
    ],
)
def test_commands_on_the_meeting(command: Command, sentence: str) -> None:
    assert decided(command) == sentence


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Mute(seconds=300, reason="noise"), "alice muted bob's microphone for 5 min: noise"),
        (Mute((A, V)), "alice muted bob's microphone and camera"),
        (Unmute((A, V, C)), "alice unmuted bob's microphone, camera and screen share"),
        (wanted(audio="Receive"), "alice changed what bob may do (hear but not speak)"),
        (
            wanted(audio="SendReceive", video="None", content="Send"),
            (
                "alice changed what bob may do (speak and hear; neither use the camera nor see cameras; "
                "share the screen but not see screen shares)"
            ),
        ),
        (Hold("calm down"), "alice put bob on hold: calm down"),
        (Release(), "alice released bob from hold"),
        (SetRole("presenter"), "alice made bob a presenter"),
        (SetRole("observer"), "alice made bob an observer"),
        (Remove(reason="spam"), "alice removed bob: spam"),
        (Remove(ban=True), "alice removed and banned bob"),
        (Remove(ban=True, until=UNTIL), "alice removed and banned bob until 2026-06-01 12:30 UTC"),
        (Ban(), "alice banned bob"),
        (Ban(UNTIL, "spam"), "alice banned bob until 2026-06-01 12:30 UTC: spam"),
        (Unban(), "alice lifted the ban on bob"),
        (LetIn(), "alice let bob in"),
        (LetIn(admit=False), "alice turned bob away"),
        (LeaveLobby(), "alice took bob out of the lobby"),
        (RaiseHand(), "alice raised bob's hand"),
        (LowerHand(), "alice lowered bob's hand"),
        (GrantFloor(), "alice gave bob the floor for 2 min"),
        (
            GrantFloor(30, (A, C), exclusive=True),
            "alice gave bob alone the floor (microphone and screen share) for 30 s",
        ),
        (EndFloor(), "alice took the floor from bob"),
        (Undo(CHANGE_ID), "alice undid an earlier change for bob"),
        (Bind(), "alice applied the meeting's rules to bob"),
    ],
)
def test_commands_on_a_user(command: Command, sentence: str) -> None:
    assert decided(command, ALICE, None, "bob") == sentence


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Mute(), "bob muted their own microphone"),
        (Unmute(), "bob unmuted their own microphone"),
        (wanted(video="Receive"), "bob changed what they may do (see cameras but not use the camera)"),
        (Hold(), "bob put themselves on hold"),
        (SetRole("viewer"), "bob made themselves a viewer"),
        (LeaveLobby(), "bob left the lobby"),
        (RaiseHand(), "bob raised their hand"),
        (LowerHand(), "bob lowered their hand"),
        (EndFloor(), "bob gave up the floor"),
        (Consent(CHANGE_ID, accept=True), "bob agreed to unmute"),
        (Consent(CHANGE_ID), "bob declined to unmute"),
    ],
)
def test_commands_of_users_on_themselves(command: Command, sentence: str) -> None:
    assert decided(command, BOB, None, "bob") == sentence


@pytest.mark.parametrize(
    ("ended", "users", "sentence"),
    [
        (("mute",), ["bob"], "bob's timed mute ended"),
        (("floor",), ["bob"], "bob's turn to speak ended"),
        (("ban",), ["bob"], "bob's ban ended"),
        (("mute", "floor"), ["bob"], "bob's timed mute and turn to speak ended"),
        (("mute-all",), [], "The timed mute of everyone ended"),
        ((), ["bob"], "bob's time limit ended"),
    ],
)
def test_what_ends_by_itself(ended: tuple[str, ...], users: list[str], sentence: str) -> None:
    assert decided(Expire(ended), CLOCK, None, *users) == sentence


def test_newcomers() -> None:
    assert decided(Bind(), CHIME, None, "bob") == "bob joined"


@pytest.mark.parametrize(
    ("command", "code", "users", "sentence"),
    [
        (MuteEverybody(), "not-permitted", [], "alice is not permitted to mute everyone"),
        (SetMeeting(frozen=True), "not-permitted", [], "alice is not permitted to freeze the meeting"),
        (SetMeeting(frozen=False), "not-permitted", [], "alice is not permitted to unfreeze the meeting"),
        (SetMeeting(mode="open"), "not-permitted", [], "alice is not permitted to change the mode"),
        (SetMeeting(lobby=True), "not-permitted", [], "alice is not permitted to change the meeting's settings"),
        (Mute(), "not-permitted", ["bob"], "alice is not permitted to mute bob"),
        (Unmute(), "not-permitted", ["alice"], "alice is not permitted to unmute themselves"),
        (Unmute(), "capability-unavailable", ["bob"], "alice tried to unmute bob, but another rule withholds it"),
        (
            SetRole("viewer"),
            "last-host",
            ["alice"],
            "alice tried to change the role of themselves, but the meeting would be left without a host",
        ),
        (End(), "meeting-ended", [], "alice tried to end the meeting, but the meeting has ended"),
        (Undo(CHANGE_ID), "not-undoable", [], "alice tried to undo an earlier change, but it can no longer be undone"),
        (Mute(), "banned", ["bob"], "alice tried to mute bob, but alice is banned"),
        (Mute(), "new-code", ["bob"], "alice tried to mute bob, but the command was refused"),
    ],
)
def test_refusals(command: Command, code: str, users: list[str], sentence: str) -> None:
    assert decided(command, ALICE, code, *users) == sentence


@pytest.mark.parametrize("parameters", [{}, {"role": 7}, {"media": "audio"}])
@pytest.mark.parametrize("command", ["set-role", "mute", "mute-all", "no-such-command"])
def test_refusals_of_commands_that_make_no_sense(command: str, parameters: dict[str, object]) -> None:
    """Of a command by event that is invalid, the entry keeps what was sent."""
    extra: dict[str, object] = {
        "verdict": "refused",
        "policies": [],
        "code": "invalid-request",
        "parameters": parameters,
        "attendees": [],
    }
    assert written(DECIDED, command, extra, TRIGGER).endswith(", but the command was invalid")


@pytest.mark.parametrize(
    ("kind", "actor", "more", "sentence"),
    [
        (HAND_RAISED, BOB, {}, "bob raised their hand"),
        (HAND_RAISED, PHONE, {}, "bob (through phone-gateway) raised their hand"),
        (HAND_RAISED, TRIGGER, {}, "trigger/dial-in raised bob's hand"),
        (HAND_LOWERED, ALICE, {}, "alice lowered bob's hand"),
        (HAND_LOWERED, CHIME, {}, "bob's hand was lowered"),
        (HAND_LOWERED, Actor(ActorKind.SERVICE, "bob"), {}, "bob lowered bob's hand"),
        (UNMUTE_REQUESTED, ALICE, {"until": "2026-05-04T10:01:00.000Z"}, "alice asked bob to unmute"),
        (UNMUTE_REQUESTED, CLOCK, {"until": "2026-05-04T10:01:00.000Z"}, "bob was asked to unmute"),
        (UNMUTE_ANSWERED, BOB, {"answer": "accepted"}, "bob agreed to unmute"),
        (UNMUTE_ANSWERED, PHONE, {"answer": "accepted"}, "bob agreed to unmute (through phone-gateway)"),
        (UNMUTE_ANSWERED, BOB, {"answer": "declined"}, "bob declined to unmute"),
        (UNMUTE_ANSWERED, CLOCK, {"answer": "expired"}, "bob did not answer the request to unmute"),
        (UNMUTE_ANSWERED, ALICE, {"answer": "withdrawn"}, "The request to bob to unmute was withdrawn"),
        (ADMISSION_REQUESTED, BOB, {}, "bob is waiting to be let in"),
        (REMOVED, ALICE, {"banned": True}, "bob was removed from the meeting"),
        (SUPERSEDED, ALICE, {}, "alice's attempt to mute bob was overtaken by another change"),
        (ABANDONED, ALICE, {}, "alice's attempt to mute bob failed and was taken back"),
        (DELAYED, ALICE, {}, "alice's attempt to mute bob is still waiting for Chime"),
        (DELAYED, BOB, {}, "bob's attempt to mute themselves is still waiting for Chime"),
        (DELAYED, PHONE, {}, "bob's attempt (through phone-gateway) to mute themselves is still waiting for Chime"),
        (DELAYED, CHIME, {}, "The attempt to mute bob is still waiting for Chime"),
    ],
)
def test_what_happens_to_a_user(kind: str, actor: Actor, more: dict[str, object], sentence: str) -> None:
    extra = {"attendees": [concerning(attendee_id, "bob") for attendee_id in ("a", "b")], **more}
    assert written(kind, "mute", extra, actor) == sentence


def test_an_entry_of_a_kind_that_a_later_version_writes() -> None:
    assert written("Attendee Waved", "wave", {"attendees": []}) == "alice: Attendee Waved"


def test_several_users() -> None:
    extra: dict[str, object] = {"attendees": [concerning(None, "bob"), concerning(None, "carol")]}
    assert written(ADMISSION_REQUESTED, "admit-users", extra) == "bob and carol are waiting to be let in"
    assert written(REMOVED, "remove", extra) == "bob and carol were removed from the meeting"
    assert written(HAND_LOWERED, "lower-all-hands", extra) == "alice lowered the hands of bob and carol"
    assert written(UNMUTE_REQUESTED, "unmute-all", extra, CLOCK) == "bob and carol were asked to unmute"


def changed(*users: tuple[str, dict[str, str], dict[str, str]]) -> str:
    attendees = [{"externalUserId": user, "before": before, "after": after} for user, before, after in users]
    return written(CAPABILITIES_CHANGED, "mute-all", {"attendees": attendees})


def test_users_with_the_same_change_are_named_together() -> None:
    assert changed(("bob", ALL_ON, SILENT)) == "bob can no longer speak"
    assert changed(("bob", ALL_ON, SILENT), ("carol", ALL_ON, SILENT), ("dan", SILENT, ALL_ON)) == (
        "bob and carol can no longer speak; dan can now speak"
    )
    assert changed(("bob", ALL_ON, SILENT), ("bob", ALL_ON, SILENT)) == "bob can no longer speak"
    assert changed(*((f"u{n}", ALL_ON, SILENT) for n in range(99))) == "99 people can no longer speak"
    assert changed(("bob", SILENT, SILENT)) == "nothing changed for bob"


def test_every_direction_of_every_medium_has_words() -> None:
    assert changed(("bob", NOTHING_AT_ALL, ALL_ON)) == (
        "bob can now speak, hear, use the camera, see cameras, share the screen and see screen shares"
    )
    assert changed(("bob", SILENT, NOTHING_AT_ALL | {"audio": "Send"})) == (
        "bob can now speak and can no longer hear, use the camera, see cameras, share the screen and see screen shares"
    )


def test_the_meeting() -> None:
    rules: dict[str, object] = {"before": {"mode": "open"}, "after": {"mode": "open"}}
    assert written(MEETING_CHANGED, "mute-all", rules, reason="exam") == (
        "alice's command to mute everyone is in effect: exam"
    )
    assert written(MEETING_CHANGED, "mute-all", rules, PHONE) == (
        "bob's command (through phone-gateway) to mute everyone is in effect"
    )
    assert written(MEETING_CHANGED, "mute-all", rules, CHIME) == "Gavel's command to mute everyone is in effect"
    assert written(MEETING_CHANGED, "expire", rules, CLOCK) == "The timed mute of everyone is over"
    assert written(SUPERSEDED, "mute-all", {}) == "alice's attempt to mute everyone was overtaken by another change"
    assert written(ABANDONED, "unmute-all", {"attendees": []}) == (
        "alice's attempt to unmute everyone failed and was taken back"
    )
    assert written(MEETING_ENDED, "end", {"attendees": []}) == "The meeting ended"


@pytest.mark.parametrize(
    ("corrected", "sentence"),
    [
        (True, "Chime gave bob more than the rules allow, which was corrected"),
        (False, "Chime gives bob less than the rules allow, which was left as it is"),
    ],
)
def test_drift(corrected: bool, sentence: str) -> None:
    extra: dict[str, object] = {"attendees": [{"externalUserId": "bob", "corrected": corrected}]}
    assert written(DRIFT_FOUND, "drift", extra, CHIME) == sentence


def test_a_reason_is_the_callers_own_words() -> None:
    told = summary(
        Entry("e", HAND_RAISED, "m", None, NOW, BOB, "raise-hand", "m1", None, "it was {them}", {"attendees": []})
    )
    assert told.endswith(": it was {them}")
