"""Consent governs every widening of audio send of a person present, whatever causes it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.actor import ActorKind
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities, Medium
from moderation.domain.change import Status
from moderation.domain.commands import (
    GrantFloor,
    Hold,
    LetIn,
    Mute,
    MuteEverybody,
    Release,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Undo,
    Unmute,
)
from moderation.domain.entry import UNMUTE_ANSWERED, UNMUTE_REQUESTED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import AttendeesNoted, ChimeRetryableError

from tests.memory.moderated_meeting import MEETING, ROLES
from tests.unit.application.commanded_meeting import (
    CONTENT,
    MUTE_ALL,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    Died,
    by,
    code,
    dies,
    outcomes,
)

HEARD = Capabilities(3)
Step = Callable[[CommandedMeeting], object]


def muted(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")


def undone(meeting: CommandedMeeting, answer: Answer) -> None:
    meeting.say("alice", Undo(answer.change_id or ""))


def mute_undone(meeting: CommandedMeeting) -> None:
    undone(meeting, meeting.answered("alice", Mute(), "bob"))


def mute_all_undone(meeting: CommandedMeeting) -> None:
    undone(meeting, meeting.done("alice", MUTE_ALL))


def mode_undone(meeting: CommandedMeeting) -> None:
    undone(meeting, meeting.done("alice", SetMeeting(mode="audience")))


def role_undone(meeting: CommandedMeeting) -> None:
    undone(meeting, meeting.answered("alice", SetRole("viewer"), "bob"))


def ended_while_frozen(meeting: CommandedMeeting) -> None:
    """A mute whose time has passed while the meeting was frozen ends with the thaw."""
    meeting.answered("alice", Mute(seconds=5), "bob")
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.reconcile(10)
    assert not meeting.heard("bob")
    meeting.done("alice", SetMeeting(frozen=False))
    meeting.reconcile(1)


def mute_all_ended_while_frozen(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(seconds=5))
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.reconcile(10)
    assert not meeting.heard("bob")
    meeting.done("alice", SetMeeting(frozen=False))
    meeting.reconcile(1)


WIDENINGS: dict[str, tuple[list[Step], Step]] = {
    "unmute": ([muted], lambda s: s.ask("alice", Unmute(), "bob")),
    "patch": ([muted], lambda s: s.ask("alice", SetCapabilities({Medium.AUDIO: HEARD}), "bob")),
    "gift": (
        [lambda s: s.ask("alice", SetCapabilities({Medium.AUDIO: NOTHING}), "bob")],
        lambda s: s.ask("alice", SetCapabilities({m: Capabilities(3 << 2 * n) for n, m in enumerate(Medium)}), "bob"),
    ),
    "unmute-all": ([lambda s: s.done("alice", MUTE_ALL)], lambda s: s.done("alice", UNMUTE_ALL)),
    "unmute of one in a mute-all": ([lambda s: s.done("alice", MUTE_ALL)], lambda s: s.ask("alice", Unmute(), "bob")),
    "floor in a mute-all": ([lambda s: s.done("alice", MUTE_ALL)], lambda s: s.ask("alice", GrantFloor(), "bob")),
    "exclusive floor": (
        [lambda s: s.done("alice", MUTE_ALL)], lambda s: s.ask("alice", GrantFloor(exclusive=True), "bob")
    ),
    "floor in a mode": (
        [lambda s: s.done("alice", SetMeeting(mode="audience"))], lambda s: s.ask("alice", GrantFloor(), "bob")
    ),
    "mode": (
        [lambda s: s.done("alice", SetMeeting(mode="audience"))],
        lambda s: s.done("alice", SetMeeting(mode="open")),
    ),
    "default role": (
        [lambda s: s.register(default_role="viewer", roles={"alice": "host"}, unmute_consent=UnmuteConsent.REQUIRED,
                              if_match=f"m{s.stored().revision}")],
        lambda s: s.done("alice", SetMeeting(default_role="participant")),
    ),
    "role": (
        [lambda s: s.ask("alice", SetRole("viewer"), "bob")], lambda s: s.ask("alice", SetRole("presenter"), "bob")
    ),
    "role that a mute-all spares": (
        [lambda s: s.done("alice", MUTE_ALL)], lambda s: s.ask("alice", SetRole("cohost"), "bob")
    ),
    "rise from a mute": ([muted], lambda s: s.ask("alice", SetRole("presenter"), "bob")),
    "undo of a mute": ([], mute_undone),
    "undo of a mute-all": ([], mute_all_undone),
    "undo of a mode": ([], mode_undone),
    "undo of a role": ([], role_undone),
    "end of a mute": ([lambda s: s.ask("alice", Mute(seconds=5), "bob")], lambda s: s.reconcile(5)),
    "end of a mute-all": ([lambda s: s.done("alice", MuteEverybody(seconds=5))], lambda s: s.reconcile(5)),
    "release": ([lambda s: s.ask("alice", Hold(), "bob")], lambda s: s.ask("alice", Release(), "bob")),
    "thaw": ([], ended_while_frozen),
    "thaw of a mute-all": ([], mute_all_ended_while_frozen),
}  # fmt: skip


@pytest.mark.parametrize("cause", WIDENINGS)
@pytest.mark.parametrize("answer", [True, False, None], ids=["accepted", "declined", "expired"])
def test_a_user_is_asked_first(cause: str, answer: bool | None) -> None:
    """Muted until the user answers, then as they answered."""
    prepared, widen = WIDENINGS[cause]
    meeting = CommandedMeeting()
    meeting.consenting()
    for step in prepared:
        step(meeting)
    assert not meeting.heard("bob") or not prepared
    widen(meeting)
    assert not meeting.heard("bob"), "not before the user agrees"
    asked = meeting.request_to("bob")
    assert [e.change_id for e in meeting.entries(UNMUTE_REQUESTED) if "bob" in e.names] == [asked]
    if answer is not None:
        assert code(meeting.consents("bob", accept=answer)) == ("applied" if answer else "declined")
    meeting.reconcile(0)
    meeting.reconcile(61)
    assert meeting.heard("bob") is (answer is True)
    assert meeting.change(asked).status is {True: Status.APPLIED, False: Status.DECLINED, None: Status.EXPIRED}[answer]
    said = [e.extra["answer"] for e in meeting.entries(UNMUTE_ANSWERED) if "bob" in e.names]
    assert said == [{True: "accepted", False: "declined", None: "expired"}[answer]]
    assert meeting.change(asked).next_attempt_at is None


@pytest.mark.parametrize("cause", sorted(WIDENINGS.keys() - {"default role"}))
def test_without_the_setting_nobody_is_asked(cause: str) -> None:
    prepared, widen = WIDENINGS[cause]
    meeting = CommandedMeeting()
    for step in prepared:
        step(meeting)
    widen(meeting)
    assert meeting.heard("bob")
    assert meeting.entries(UNMUTE_REQUESTED) == []


LAPSED: dict[str, Step] = {
    "unmute": lambda s: s.ask("hugo", Unmute(), "bob"),
    "patch": lambda s: s.ask("hugo", SetCapabilities({Medium.AUDIO: HEARD}), "bob"),
}
FLOORS: dict[str, Step] = {
    "floor": lambda s: s.ask("hugo", GrantFloor(), "bob"),
    "exclusive floor": lambda s: s.ask("hugo", GrantFloor(exclusive=True), "bob"),
}


@pytest.mark.parametrize("cause", FLOORS)
@pytest.mark.parametrize("declined", [True, False])
def test_after_an_unanswered_unmute_all_the_floor_asks_again(cause: str, declined: bool) -> None:
    """Only the user's own mute withholds audio, so an unmute by a host asks the user."""
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.consenting()
    meeting.done("alice", UNMUTE_ALL)
    if declined:
        meeting.consents("bob", accept=False)
    meeting.reconcile(61)
    FLOORS[cause](meeting)
    assert not meeting.heard("bob")
    assert code(meeting.consents("bob")) == "applied"
    assert meeting.heard("bob")


@pytest.mark.parametrize("cause", LAPSED)
@pytest.mark.parametrize("declined", [True, False])
def test_after_an_unanswered_request_the_user_is_asked_again(cause: str, declined: bool) -> None:
    """The mute stands, and an unmute asks the user."""
    meeting = CommandedMeeting()
    meeting.consenting()
    muted(meeting)
    meeting.ask("alice", Unmute(), "bob")
    if declined:
        meeting.consents("bob", accept=False)
    meeting.reconcile(61)
    LAPSED[cause](meeting)
    assert not meeting.heard("bob")
    assert code(meeting.consents("bob")) == "applied"
    assert meeting.heard("bob")


def test_the_end_of_time_asks_by_the_clock() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.answered("alice", Mute(seconds=5), "bob")
    meeting.reconcile(5)
    [told] = meeting.entries(UNMUTE_REQUESTED)
    assert told.actor.kind is ActorKind.CLOCK


def test_in_a_meeting_command_the_others_go_ahead() -> None:
    meeting = CommandedMeeting(roles={**ROLES, "vera": "viewer", "pat": "presenter"})
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Unmute(), "carol")
    meeting.answered("alice", Mute(), "pat")
    meeting.consenting()
    answer = meeting.done("alice", UNMUTE_ALL)
    assert answer.status == "applied"
    assert outcomes(answer) == {
        "alice": "unchanged", "hugo": "unchanged", "cora": "unchanged", "carol": "unchanged",
        "vera": "unchanged", "pat": "unchanged", "bob": "pending",
    }  # fmt: skip
    assert [o.get("awaiting") for o in answer.outcomes or () if o["externalUserId"] == "bob"] == ["consent"]
    assert meeting.told(UNMUTE_REQUESTED) == [["bob"]]
    assert meeting.heard("carol")


def test_other_media_of_the_user_go_ahead_too() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.done("alice", SetMeeting(mode="open"))
    assert meeting.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO


def test_each_user_answers_for_themselves() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", UNMUTE_ALL)
    of_bob, of_carol = meeting.request_to("bob"), meeting.request_to("carol")
    assert of_bob != of_carol
    assert meeting.change(of_bob).command == "unmute-all"
    meeting.consents("bob")
    meeting.consents("carol", accept=False)
    assert (meeting.heard("bob"), meeting.heard("carol")) == (True, False)
    assert (meeting.change(of_bob).status, meeting.change(of_carol).status) == (Status.APPLIED, Status.DECLINED)


def test_many_with_half_to_be_asked_take_few_calls() -> None:
    """Users who need not be asked cost one call; requests cost none."""
    users = [f"p{n:03}" for n in range(245)]
    silent, free = users[::2], users[1::2]
    meeting = CommandedMeeting()
    for who in users:
        meeting.comes(who)
    meeting.consenting()
    meeting.done("alice", MuteEverybody(spared_users=tuple(free)))
    meeting.chime.calls.clear()
    entries = len(meeting.ledger.entries)
    answer = meeting.done("alice", UNMUTE_ALL)
    assert [call.operation for call in meeting.chime.calls] == ["roster"]
    awaited = {o["externalUserId"] for o in answer.outcomes or () if o.get("awaiting") == "consent"}
    asked = {n for e in meeting.entries(UNMUTE_REQUESTED) for n in e.names}
    assert awaited == asked == {*silent, "bob", "carol"}
    assert all(meeting.bits(who) == EVERYTHING for who in free)
    assert all(meeting.bits(who) == EVERYTHING & ~Capabilities.SEND_AUDIO for who in silent)
    assert len(meeting.ledger.entries) - entries == 2 + len(asked)
    meeting.consents(silent[7])
    assert meeting.heard(silent[7])
    assert not meeting.heard(silent[8])


def test_many_who_are_all_to_be_asked_get_the_rest_in_one_call() -> None:
    users = [f"p{n:03}" for n in range(245)]
    meeting = CommandedMeeting()
    for who in users:
        meeting.comes(who)
    meeting.consenting()
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.chime.calls.clear()
    meeting.done("alice", SetMeeting(mode="open"))
    assert len(meeting.chime.updates()) == 1
    assert all(meeting.bits(who) == EVERYTHING & ~Capabilities.SEND_AUDIO for who in users)
    assert {n for e in meeting.entries(UNMUTE_REQUESTED) for n in e.names} == {*users, "bob", "carol"}


def test_a_newcomer_opens_their_own_microphone() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    assert meeting.heard("dora")
    assert meeting.entries(UNMUTE_REQUESTED) == []


def test_who_joined_into_a_mute_all_is_asked_when_it_ends() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(
        MEETING, meeting.comes("dora", capabilities=EVERYTHING & ~Capabilities.SEND_AUDIO)
    )
    meeting.done("alice", UNMUTE_ALL)
    assert not meeting.heard("dora")
    meeting.consents("dora")
    assert meeting.heard("dora")


def test_a_user_in_the_lobby_is_asked_when_let_in() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    meeting.ask_user("alice", LetIn(), "dora")
    assert not meeting.heard("dora")
    assert meeting.bits("dora") == EVERYTHING & ~Capabilities.SEND_AUDIO
    meeting.consents("dora")
    assert meeting.heard("dora")


def test_when_the_lobby_goes_too() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    meeting.done("alice", SetMeeting(lobby=False))
    assert not meeting.heard("dora")
    meeting.consents("dora")
    assert meeting.heard("dora")


def test_a_floor_taken_up_late_ends_in_time() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", GrantFloor(90), "bob")
    meeting.clock.pass_by(50)
    meeting.consents("bob")
    assert meeting.heard("bob")
    meeting.reconcile(40)
    assert not meeting.heard("bob")


def test_a_floor_that_ends_before_the_answer_needs_none() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", GrantFloor(30), "bob")
    asked = meeting.request_to("bob")
    meeting.reconcile(30)
    assert not meeting.heard("bob")
    meeting.reconcile(31)
    assert meeting.change(asked).status is Status.SUPERSEDED
    assert not meeting.heard("bob")


def test_an_exclusive_floor_silences_the_others_before_the_answer() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", GrantFloor(), "carol")
    meeting.consenting()
    meeting.answered("alice", GrantFloor(exclusive=True), "bob")
    assert not meeting.heard("carol")
    assert not meeting.heard("bob")
    meeting.consents("bob")
    assert (meeting.heard("bob"), meeting.heard("carol")) == (True, False)


def test_hosts_are_asked_as_well() -> None:
    """No user is heard without their agreement, in any role."""
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.answered("hugo", Mute(), "alice")
    meeting.answered("hugo", Unmute(), "alice")
    assert not meeting.heard("alice")
    meeting.consents("alice")
    assert meeting.heard("alice")
    meeting.done("alice", MuteEverybody(spared_roles=()))
    meeting.done("alice", UNMUTE_ALL)
    assert not meeting.heard("hugo")


def test_the_actor_of_a_meeting_command_has_to_answer_too() -> None:
    """A meeting command concerns every user, so its actor answers like all others."""
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MuteEverybody(spared_roles=()))
    meeting.done("alice", UNMUTE_ALL)
    assert not meeting.heard("alice")
    assert meeting.consents("alice")
    assert meeting.heard("alice")


def test_chime_is_believed_and_not_the_last_note() -> None:
    """A user whose microphone Chime holds closed without a note is asked as well."""
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.drifts("carol", RECEIVING)
    meeting.done("alice", UNMUTE_ALL)
    assert not meeting.heard("carol")


def test_a_dry_run_asks_nobody() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    muted(meeting)
    for answer in (
        meeting.ask("alice", Unmute(), "bob", dry_run=True), meeting.say("alice", UNMUTE_ALL, dry_run=True)
    ):  # fmt: skip
        assert code(answer) == "dry-run"
    assert meeting.entries(UNMUTE_REQUESTED) == []
    assert meeting.user("bob").rules.asked is None


def test_a_process_that_dies_after_the_answer_is_taken_over() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    muted(meeting)
    meeting.ask("alice", Unmute(), "bob")
    asked = meeting.request_to("bob")
    meeting.chime_refuses()
    meeting.consents("bob")
    meeting.chime_recovers()
    meeting.clock.pass_by(20)
    meeting.another_process().reconciler.run(meeting.clock.now() + timedelta(minutes=1))
    assert meeting.heard("bob")
    assert meeting.change(asked).status is Status.APPLIED


def test_an_exclusive_floor_is_not_applied_while_its_user_is_silent() -> None:
    """The other attendees are muted, so the change is applied. The request to the user is a change of its own."""
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.consenting()
    answer = meeting.answered("alice", GrantFloor(exclusive=True), "bob", key="k", fingerprint="f")
    assert (answer.status, answer.awaiting, answer.waiting) == ("pending", "consent", meeting.request_to("bob"))
    again = meeting.answered("alice", GrantFloor(exclusive=True), "bob", key="k", fingerprint="f")
    assert (again.status, again.waiting, again.replayed) == ("pending", answer.waiting, True)
    meeting.consents("bob")
    assert meeting.change(answer.waiting).status is Status.APPLIED
    assert meeting.heard("bob")


def test_a_user_with_a_higher_role_from_a_registration_is_asked() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="presentation"))
    meeting.consenting()
    revision = f"m{meeting.stored().revision}"
    roles, consent = {**meeting.roles, "bob": "presenter"}, UnmuteConsent.REQUIRED
    meeting.register(roles=roles, mode="presentation", unmute_consent=consent, if_match=revision)
    assert not meeting.heard("bob")
    assert meeting.user("carol").rules.asked is None
    meeting.consents("bob")
    assert meeting.heard("bob")


def test_the_note_on_an_attendee_left_to_a_later_change_is_no_proof_that_they_are_heard() -> None:
    """carol is silent on both attendees, but what silenced the second one was not noted. While unmute-all updates the
    first one, another change of carol is committed, to which the second one is left.
    """
    meeting = CommandedMeeting()
    second = meeting.comes("carol", 1)
    meeting.gavel.chime_events.on_joined(MEETING, second)
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    carol = meeting.user("carol")
    stale = replace(carol.attendees[second], known=EVERYTHING)
    meeting.ledger.transact([AttendeesNoted(MEETING, "carol", carol.revision, (stale,), carol.notes)])
    meeting.clock.pass_by(5)
    meeting.drifts("carol", SILENT & ~Capabilities.SEND_CONTENT)

    def another_change() -> None:
        meeting.chime.before = [dies]
        with pytest.raises(Died):
            meeting.answered("hugo", Mute(media=CONTENT), "carol")

    meeting.chime.after = [another_change]
    meeting.done("alice", UNMUTE_ALL)
    assert not any(meeting.heard("carol", number) for number in (0, 1))


def test_a_batch_by_later_rules_opens_no_microphone_of_who_joined_silent() -> None:
    """hugo's mute-all is throttled, and alice's unmute-all is committed, but her function dies. hugo's function applies
    her rules, by a batch that gives others back their content. carol, who is silent, joins again between roster and
    batch.
    """
    others = ["p1", "p2", "p3"]
    meeting = CommandedMeeting(
        roles={"alice": "host", "hugo": "host", **dict.fromkeys([*others, "carol"], "participant")}
    )
    meeting.consenting()
    meeting.clock.pass_by(5)
    for user in others:
        meeting.drifts(user, EVERYTHING & ~Capabilities.SEND_CONTENT)
    meeting.drifts("carol", SILENT)

    def is_lifted() -> None:
        meeting.chime.before = [dies]
        with pytest.raises(Died):
            meeting.another_process().perform(Request(MEETING, by("alice"), UNMUTE_ALL))
        meeting.chime.before = [joins]
        raise ChimeRetryableError

    heard: list[bool] = []

    def joins() -> None:
        meeting.comes("carol", 1, SILENT)
        meeting.chime.after = [lambda: heard.append(meeting.heard("carol", 1))]

    meeting.chime.before = [is_lifted]
    meeting.done("hugo", MUTE_ALL)
    assert heard == [False]
    assert all(meeting.bits(user) == EVERYTHING for user in others)
