"""Consent: which users are asked, which are not, and that it withholds audio only. Tables."""

from dataclasses import replace
from datetime import timedelta

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, LiftableBy, Medium
from moderation.domain.change import GIVE_UP_AFTER
from moderation.domain.commands import GrantFloor, Hold, Mute, Release, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decision import Accepted, Case, is_asked
from moderation.domain.effective import as_agreed, effective, limits
from moderation.domain.meeting import Attendee, UnmuteConsent, must_consent
from moderation.domain.personal_rules import ANSWER_WITHIN, Agreement, ConsentRequest

from .cases import (
    ALICE,
    ATTENDEE,
    BOB,
    NOW,
    a_user,
    case,
    decided,
    following,
    has,
    own,
    refused,
    unchanged,
    withholding,
)

AUDIO, VIDEO = Capabilities.SEND_AUDIO, Capabilities.SEND_VIDEO
SILENT = EVERYTHING & ~AUDIO
LATER = NOW + timedelta(seconds=1)


def situation(
    *known: Capabilities | None,
    actor: Actor = ALICE,
    kind: UnmuteConsent = UnmuteConsent.REQUIRED,
    muted: bool = True,
    asked: ConsentRequest | None = None,
    agreed: Agreement | None = None,
) -> Case:
    """bob with so many attendees, muted by a host."""
    user = a_user(withholding(AUDIO) if muted else ())
    user = replace(user, rules=replace(user.rules, asked=asked, agreed=agreed))
    user = replace(user, attendees={f"{ATTENDEE}{n}": Attendee(f"{ATTENDEE}{n}", bits) for n, bits in enumerate(known)})
    at = replace(case(user, actor), change_id="c")
    return replace(at, meeting=replace(at.meeting, rules=replace(at.meeting.rules, unmute_consent=kind)))


OPEN = ConsentRequest("before", ALICE, NOW, NOW + timedelta(seconds=30))
OVER = ConsentRequest("before", ALICE, NOW - timedelta(seconds=90), NOW - timedelta(seconds=30))
OPENING: list[UserCommand] = [Unmute(), SetCapabilities({Medium.AUDIO: Capabilities(3)})]


@pytest.mark.parametrize("command", OPENING, ids=lambda c: c.name)
@pytest.mark.parametrize("kind", UnmuteConsent)
@pytest.mark.parametrize("known", [(SILENT,), (SILENT, SILENT), (None,), (NOTHING,)])
def test_who_is_silent_is_asked(command: UserCommand, kind: UnmuteConsent, known: tuple[Capabilities]) -> None:
    made = decided(situation(*known, kind=kind), command)
    if kind is UnmuteConsent.NONE:
        assert (made.awaits_consent, made.after) == (False, EVERYTHING)
    else:
        assert (made.awaits_consent, made.after, made.rules.restrictions) == (
            True, SILENT, withholding(AUDIO)
        )  # fmt: skip
        gives = isinstance(command, SetCapabilities)
        assert made.rules.asked == ConsentRequest("c", ALICE, NOW, NOW + ANSWER_WITHIN, lifts=True, gives=gives)
        assert as_agreed(made.rules).restrictions == ()
        assert AUDIO not in made.rules.given, "what is given waits for the answer, too"
        assert "audio-may-flow" not in made.effects


@pytest.mark.parametrize("command", [Mute(), SetCapabilities({Medium.AUDIO: NOTHING})], ids=lambda c: c.name)
def test_who_is_silenced_is_not_asked_any_more(command: UserCommand) -> None:
    """Also by a function whose clock is behind that of the one that asked."""
    ahead = replace(OPEN, since=LATER, lifts=True)
    assert decided(situation(SILENT, asked=ahead), command).rules.asked is None


def test_who_is_absent_is_not() -> None:
    made = decided(situation(), Unmute())
    assert (made.awaits_consent, made.after) == (False, EVERYTHING)


def test_nor_are_users_who_unmute_themselves() -> None:
    for actor in (BOB, Actor(ActorKind.USER, "bob", via="phone")):
        made = decided(replace(situation(SILENT, actor=actor)), Unmute())
        assert (made.awaits_consent, made.after) == (False, EVERYTHING)
        assert made.rules.agreed == Agreement(NOW + GIVE_UP_AFTER, 7)


def test_nor_are_users_heard_through_any_attendee_all_the_time() -> None:
    """Chime holds the microphone open already: nothing is widened."""
    unchanged(situation(EVERYTHING, muted=False), Unmute())
    at = situation(EVERYTHING, SILENT, muted=False)
    made = decided(at, Unmute())
    assert (made.awaits_consent, made.after) == (False, EVERYTHING)


def test_what_the_agreement_lifts_is_no_limit_to_who_has_agreed() -> None:
    at = situation(SILENT)
    asked = following(at, decided(at, Unmute()))
    assert [x.by for x in limits(asked.meeting, asked.user, asked.holds, asked.now)] == ["restriction"]
    assert limits(asked.meeting, asked.user, asked.holds, asked.now, consented=True) == ()
    assert asked.effective(consented=True) == EVERYTHING


@pytest.mark.parametrize("media", [(Medium.VIDEO,), (Medium.CONTENT,), (Medium.VIDEO, Medium.CONTENT)])
def test_nor_for_anything_but_audio(media: tuple[Medium, ...]) -> None:
    user = a_user(withholding(Capabilities.SEND_VIDEO | Capabilities.SEND_CONTENT))
    at = situation(AUDIO, muted=False)
    at = replace(at, user=replace(user, attendees=at.user.attendees))
    made = decided(at, Unmute(media))
    assert not made.awaits_consent
    assert made.rules.asked is None


def test_what_stays_withheld_asks_nobody() -> None:
    """A user who is asked would be heard if they agreed."""
    at = situation(NOTHING)
    at = replace(at, user=replace(at.user, rules=replace(at.user.rules, hold=None)))
    held = following(at, decided(at, Hold()))
    assert decided(held, Mute(reason="y")).rules.asked is None
    both = replace(held, user=replace(held.user, rules=replace(held.user.rules, restrictions=())))
    released = decided(both, Release())
    assert released.awaits_consent


def test_a_request_stands_until_it_is_over() -> None:
    waiting = situation(SILENT, muted=False, asked=OPEN)
    assert has(waiting) == SILENT
    unchanged(waiting, Unmute())
    over = situation(SILENT, muted=False, asked=OVER)
    made = decided(over, Unmute())
    assert made.rules.asked == ConsentRequest("c", ALICE, NOW, NOW + ANSWER_WITHIN)


def test_who_let_it_lapse_is_silent_and_asked_again_by_whatever_opens() -> None:
    at = situation(SILENT, muted=False)
    assert has(at) == SILENT
    for command in (*OPENING, GrantFloor(), GrantFloor(exclusive=True)):
        made = decided(at, command)
        assert is_asked(at, made.rules), command


@pytest.mark.parametrize("command", [Mute(), Mute(reason="x"), Hold()])
def test_what_withholds_audio_withdraws_the_request(command: UserCommand) -> None:
    assert decided(situation(SILENT, muted=False, asked=OPEN), command).rules.asked is None


def test_what_does_not_concern_audio_leaves_it() -> None:
    made = decided(situation(SILENT, muted=False, asked=OPEN), Mute((Medium.VIDEO,)))
    assert made.rules.asked == OPEN
    assert not made.awaits_consent


AGREEMENTS = [
    (Agreement(NOW + timedelta(seconds=1), 7), True),
    (Agreement(NOW, 7), False),
    (Agreement(NOW + timedelta(seconds=1), 6), False),
]


@pytest.mark.parametrize(("agreed", "serves"), AGREEMENTS, ids=["serves", "run out", "of another revision"])
def test_an_agreement_serves_in_time_and_while_nobody_changed_the_meeting(agreed: Agreement, serves: bool) -> None:
    at = situation(SILENT, muted=False, agreed=agreed)
    assert must_consent(at.user, at.meeting, at.now) is not serves
    assert (has(at) == EVERYTHING) is serves


def test_an_agreement_goes_with_a_mute() -> None:
    agreed = Agreement(NOW + timedelta(seconds=30), 7)
    at = situation(EVERYTHING, muted=False, agreed=agreed)
    assert decided(at, Mute()).rules.agreed is None


def test_it_is_the_last_limit_named_and_the_users_own_to_lift() -> None:
    at = situation(SILENT, muted=False)
    *_, last = limits(at.meeting, at.user, at.holds, at.now)
    assert (last.by, last.withholds, last.liftable_by) == ("consent", AUDIO, LiftableBy.SELF)
    muted = situation(SILENT)
    assert "consent" not in [x.by for x in limits(muted.meeting, muted.user, muted.holds, muted.now)]


@pytest.mark.parametrize("known", [(), (None,), (SILENT,), (EVERYTHING,), (SILENT, EVERYTHING)])
@pytest.mark.parametrize("asked", [None, OPEN, OVER])
@pytest.mark.parametrize("kind", UnmuteConsent)
def test_it_takes_a_voice_and_nothing_else(
    known: tuple[Capabilities | None, ...], asked: ConsentRequest | None, kind: UnmuteConsent
) -> None:
    at = situation(*known, kind=kind, asked=asked, muted=False)
    free = effective(at.meeting, at.user, at.holds, at.now, consented=True)
    assert has(at) in (free, free & ~AUDIO)
    is_heard = any(bits is not None and AUDIO in bits for bits in known)
    if kind is UnmuteConsent.NONE or not known:
        assert has(at) == free
    else:
        assert (AUDIO in has(at)) == (is_heard and asked is None)


def test_the_users_own_mute_stays_theirs() -> None:
    user = a_user((*withholding(AUDIO), *own(AUDIO, by=BOB)))
    at = situation(SILENT)
    at = replace(at, user=replace(user, attendees=at.user.attendees), by_moderator=True)
    made = decided(at, Unmute())
    assert isinstance(made, Accepted)
    assert made.awaits_consent, "a host lifts both, and the user is asked"


@pytest.mark.parametrize("gives", [True, False])
@pytest.mark.parametrize("lifts", [True, False])
def test_an_agreement_does_what_the_request_says(gives: bool, lifts: bool) -> None:
    since = NOW - timedelta(seconds=60)
    asked = ConsentRequest("c", ALICE, since, LATER, lifts=lifts, spares=frozenset({"m1"}), gives=gives)
    before, video = withholding(AUDIO), withholding(Capabilities.SEND_VIDEO)
    later = tuple(replace(r, since=since + timedelta(seconds=1)) for r in own(AUDIO))
    user = a_user((*before, *video, *later), grant=NOTHING)
    rules = as_agreed(replace(user.rules, asked=asked, spares=frozenset({"m0"})))
    assert rules.spares == {"m0", "m1"}
    assert rules.given == (AUDIO if gives else NOTHING)
    assert rules.restrictions == ((*video, *later) if lifts else (*before, *video, *later))


def test_another_unmute_waits_for_the_request_that_is_open() -> None:
    at = situation(SILENT, muted=False, asked=OPEN)
    at = replace(at, user=replace(at.user, rules=replace(at.user.rules, restrictions=withholding(VIDEO))))
    made = decided(at, Unmute((Medium.AUDIO, Medium.VIDEO)))
    assert (made.waits_for, made.awaits_consent, VIDEO in made.after) == ("before", False, True)


def test_a_request_that_has_run_out_lifts_nothing_when_the_user_unmutes_something_else() -> None:
    at = situation(SILENT, actor=BOB, asked=replace(OVER, lifts=True))
    (muted,) = withholding(AUDIO)
    muted = replace(muted, since=OVER.since - timedelta(seconds=1))  # the agreement would have lifted it
    rules = replace(at.user.rules, restrictions=(muted, *own(VIDEO)))
    made = decided(replace(at, user=replace(at.user, rules=rules)), Unmute((Medium.VIDEO,)))
    assert made.rules.restrictions == (muted,)


def test_while_frozen_the_refusal_names_the_voice_that_the_user_would_be_asked_for_and_all_else() -> None:
    at = situation(SILENT & ~VIDEO)
    at = replace(at, user=replace(at.user, rules=replace(at.user.rules, restrictions=withholding(AUDIO | VIDEO))))
    at = replace(at, meeting=replace(at.meeting, rules=replace(at.meeting.rules, frozen_at=NOW)))
    refusal = refused(at, Unmute((Medium.AUDIO, Medium.VIDEO)))
    assert [(limit.by, limit.withholds) for limit in refusal.limits] == [("freeze", AUDIO | VIDEO)]
