"""Bugs that other systems had, as far as pure rules can show them. Each test names where it was met."""

from dataclasses import replace
from datetime import timedelta

from moderation.domain.batch_plan import AttendeeState, plan
from moderation.domain.capability import EVERYTHING, RECEIVING, Capabilities, Medium, in_words
from moderation.domain.commands import Mute, Unmute
from moderation.domain.decisions.decision import Case
from moderation.domain.documents import attendee_document, limit_documents
from moderation.domain.effective import Holds, effective, limits
from moderation.domain.meeting import Attendee, User

from .cases import (
    ANYTHING,
    ATTENDEE,
    NOW,
    a_user,
    case,
    decided,
    following,
    has,
    holding,
    meeting,
    on_oneself,
    own,
    refused,
    seated,
    settled,
    unchanged,
    withholding,
)
from .chime_model import moments

AUDIO = Capabilities.SEND_AUDIO
MUTED = EVERYTHING & ~AUDIO


def by_role(**held: Capabilities) -> Holds:
    answers = {role: holding(capabilities, f"{role}s") for role, capabilities in held.items()}
    return lambda role, mode, floor: answers[str(role)](role, mode, floor)


def test_muted_is_decided_before_chime_is_asked() -> None:
    """jitsi-meet PR 17755: the mute was sent before the right was revoked, so the person stayed audible.

    The decision is complete without Chime: the rules mute at once, and the user cannot lift them before Chime has them.
    """
    answer = decided(seated(case(), EVERYTHING), Mute())
    muted = following(seated(case(), EVERYTHING), answer)
    assert has(muted) == MUTED
    assert refused(replace(on_oneself(muted.user), meeting=muted.meeting), Unmute()).code == "capability-unavailable"


def test_a_host_can_mute_a_user_who_muted_themselves() -> None:
    """jitsi-meet PR 17755: the button was hidden because the client said that it was muted."""
    situation = settled(case(a_user(own(AUDIO))))
    locked = following(situation, decided(situation, Mute()))
    assert refused(on_oneself(locked.user), Unmute()).code == "capability-unavailable"


def test_a_late_joiner_is_bound_by_the_role_before_they_are_known() -> None:
    """bigbluebutton #4188, #5220: late joiners were missed."""
    unknown = User("unknown-user")
    assert effective(meeting(), unknown, by_role(participant=RECEIVING), NOW) == RECEIVING


def test_a_batch_does_not_open_the_microphone_of_a_late_joiner() -> None:
    """bigbluebutton #4188 again: a batch reaches attendees that joined after the roster was read."""
    roster = [
        AttendeeState("host", EVERYTHING, EVERYTHING),
        *(AttendeeState(f"a{n}", MUTED, EVERYTHING) for n in range(9)),
    ]
    for held in moments(roster, plan(roster, MUTED), MUTED):
        assert held["newcomer"] == MUTED


def test_leaving_and_coming_back_lifts_nothing() -> None:
    """bigbluebutton #6653, jicofo #952: the new attendee starts with everything, the person doesn't."""
    left = {ATTENDEE: Attendee(ATTENDEE, MUTED, gone=True), "second": Attendee("second", EVERYTHING)}
    back = replace(a_user(withholding(AUDIO)), attendees=left)
    assert effective(meeting(), back, ANYTHING, NOW) == MUTED
    assert attendee_document(meeting(), back, back.attendees["second"], ANYTHING, NOW)["status"] == "pending"


def test_a_mute_crossing_the_users_own_never_opens_the_microphone() -> None:
    """talk-ios PR 2648: two toggles met and cancelled each other out."""
    for first, second in ((case, on_oneself), (on_oneself, case)):
        once = decided(first(), Mute())
        twice = decided(second(following(first(), once).user), Mute())
        assert AUDIO not in once.after
        assert AUDIO not in twice.after


def test_a_promoted_user_keeps_no_old_locks() -> None:
    """bigbluebutton #5687: a role's locks are derived, so they go with the role."""
    holds = by_role(viewer=RECEIVING, presenter=EVERYTHING)
    viewer = replace(a_user(), rules=replace(a_user().rules, role="viewer"))
    presenter = replace(viewer, rules=replace(viewer.rules, role="presenter"))
    assert effective(meeting(), viewer, holds, NOW) == RECEIVING
    assert effective(meeting(), presenter, holds, NOW) == EVERYTHING


def test_a_promoted_user_keeps_what_a_host_withheld_from_them() -> None:
    """The other half of bigbluebutton #5687: a personal restriction isn't the role's."""
    holds = by_role(viewer=RECEIVING, presenter=EVERYTHING)
    presenter = replace(a_user(withholding(AUDIO)), rules=replace(a_user(withholding(AUDIO)).rules, role="presenter"))
    assert effective(meeting(), presenter, holds, NOW) == MUTED


def test_unchanged_is_not_said_before_chime_has_it() -> None:
    """node-sdks #15, Webex: success was answered and nothing was done."""
    muted = following(case(), decided(case(), Mute()))
    decided(seated(muted, EVERYTHING), Mute())
    decided(seated(muted, None), Mute())
    unchanged(seated(muted, MUTED), Mute())


def test_one_attendee_that_has_it_does_not_speak_for_the_other() -> None:
    """node-sdks #15 again: a person on two devices is silent on both or not silent."""
    muted = following(case(), decided(case(), Mute()))
    two = {"phone": Attendee("phone", MUTED), "laptop": Attendee("laptop", EVERYTHING)}
    decided(replace(muted, user=replace(muted.user, attendees=two)), Mute())


def test_one_users_change_hits_nobody_else() -> None:
    """owt-server #537: one person's update changed everybody."""
    roster = [
        AttendeeState("bob", EVERYTHING, MUTED),
        *(AttendeeState(f"a{n}", EVERYTHING, EVERYTHING) for n in range(249)),
    ]
    *_, last = moments(roster, plan(roster, EVERYTHING), EVERYTHING)
    assert [a for a, held in last.items() if held != EVERYTHING] == ["bob"]


def test_what_is_explained_is_what_is_enforced() -> None:
    """jitsi-meet #17788: co-hosts were "unmuted" but silent, because two places knew who may speak."""
    situation = case(a_user(own(AUDIO)), holds=holding(RECEIVING, "hall"))
    said = limit_documents(limits(situation.meeting, situation.user, situation.holds, NOW), NOW)
    silent = {medium for limit in said if limit["withholds"] == "send" for medium in media_of(limit)}
    assert silent == {m.value for m in Medium if "Send" not in in_words(has(situation))[m.value]}
    assert {limit.by for limit in refused(situation, Unmute()).limits} == {"policy"}


def media_of(limit: dict[str, object]) -> list[str]:
    media = limit["media"]
    assert isinstance(media, list)
    return media


def test_the_end_of_a_mute_needs_no_event() -> None:
    """livekit #4227: an event was missed and the state was wrong until the end."""
    situation: Case = following(case(), decided(case(), Mute(seconds=60)))
    assert has(replace(situation, now=NOW + timedelta(seconds=59))) == MUTED
    assert has(replace(situation, now=NOW + timedelta(seconds=60))) == EVERYTHING
