"""Consent governs every widening of audio send of a person present, whatever causes it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from moderation.application.requests import Answer
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

from tests.memory.moderated_meeting import MEETING, ROLES
from tests.unit.application.hall import MUTE_ALL, UNMUTE_ALL, Stage, code, outcomes

HEARD = Capabilities(3)
Deed = Callable[[Stage], object]


def muted(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")


def undone(stage: Stage, answer: Answer) -> None:
    stage.say("alice", Undo(answer.change_id or ""))


def mute_undone(stage: Stage) -> None:
    undone(stage, stage.answered("alice", Mute(), "bob"))


def mute_all_undone(stage: Stage) -> None:
    undone(stage, stage.done("alice", MUTE_ALL))


def mode_undone(stage: Stage) -> None:
    undone(stage, stage.done("alice", SetMeeting(mode="audience")))


def role_undone(stage: Stage) -> None:
    undone(stage, stage.answered("alice", SetRole("viewer"), "bob"))


def ended_while_frozen(stage: Stage) -> None:
    """A mute whose time came while the meeting was frozen ends with the thaw."""
    stage.answered("alice", Mute(seconds=5), "bob")
    stage.done("alice", SetMeeting(frozen=True))
    stage.reconcile(10)
    assert not stage.heard("bob")
    stage.done("alice", SetMeeting(frozen=False))
    stage.reconcile(1)


def mute_all_ended_while_frozen(stage: Stage) -> None:
    stage.done("alice", MuteEverybody(seconds=5))
    stage.done("alice", SetMeeting(frozen=True))
    stage.reconcile(10)
    assert not stage.heard("bob")
    stage.done("alice", SetMeeting(frozen=False))
    stage.reconcile(1)


WIDENINGS: dict[str, tuple[list[Deed], Deed]] = {
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
                              if_match=f"m{s.meeting().revision}")],
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
def test_he_is_asked_first(cause: str, answer: bool | None) -> None:
    """Silent until he answers, and after it as he said."""
    prepared, deed = WIDENINGS[cause]
    stage = Stage()
    stage.consenting()
    for step in prepared:
        step(stage)
    assert not stage.heard("bob") or not prepared
    deed(stage)
    assert not stage.heard("bob"), "not before he agrees"
    asked = stage.request_to("bob")
    assert [e.change_id for e in stage.entries(UNMUTE_REQUESTED) if "bob" in e.names] == [asked]
    if answer is not None:
        assert code(stage.consents("bob", accept=answer)) == ("applied" if answer else "declined")
    stage.reconcile(0)
    stage.reconcile(61)
    assert stage.heard("bob") is (answer is True)
    assert stage.change(asked).status is {True: Status.APPLIED, False: Status.DECLINED, None: Status.EXPIRED}[answer]
    said = [e.extra["answer"] for e in stage.entries(UNMUTE_ANSWERED) if "bob" in e.names]
    assert said == [{True: "accepted", False: "declined", None: "expired"}[answer]]
    assert stage.change(asked).due_at is None


@pytest.mark.parametrize("cause", sorted(WIDENINGS.keys() - {"default role"}))
def test_without_the_setting_nobody_is_asked(cause: str) -> None:
    prepared, deed = WIDENINGS[cause]
    stage = Stage()
    for step in prepared:
        step(stage)
    deed(stage)
    assert stage.heard("bob")
    assert stage.entries(UNMUTE_REQUESTED) == []


LAPSED: dict[str, Deed] = {
    "unmute": lambda s: s.ask("hugo", Unmute(), "bob"),
    "patch": lambda s: s.ask("hugo", SetCapabilities({Medium.AUDIO: HEARD}), "bob"),
}
FLOORS: dict[str, Deed] = {
    "floor": lambda s: s.ask("hugo", GrantFloor(), "bob"),
    "exclusive floor": lambda s: s.ask("hugo", GrantFloor(exclusive=True), "bob"),
}


@pytest.mark.parametrize("deed", FLOORS)
@pytest.mark.parametrize("declined", [True, False])
def test_who_let_an_unmute_all_lapse_is_asked_again_with_the_floor(deed: str, declined: bool) -> None:
    """Nothing withholds his voice but his own silence, so whoever wants to hear him asks him."""
    stage = Stage()
    stage.done("alice", MUTE_ALL)
    stage.consenting()
    stage.done("alice", UNMUTE_ALL)
    if declined:
        stage.consents("bob", accept=False)
    stage.reconcile(61)
    FLOORS[deed](stage)
    assert not stage.heard("bob")
    assert code(stage.consents("bob")) == "applied"
    assert stage.heard("bob")


@pytest.mark.parametrize("deed", LAPSED)
@pytest.mark.parametrize("declined", [True, False])
def test_who_let_it_lapse_is_asked_again(deed: str, declined: bool) -> None:
    """The mute stands, and whoever lifts it asks him."""
    stage = Stage()
    stage.consenting()
    muted(stage)
    stage.ask("alice", Unmute(), "bob")
    if declined:
        stage.consents("bob", accept=False)
    stage.reconcile(61)
    LAPSED[deed](stage)
    assert not stage.heard("bob")
    assert code(stage.consents("bob")) == "applied"
    assert stage.heard("bob")


def test_the_end_of_time_asks_by_the_clock() -> None:
    stage = Stage()
    stage.consenting()
    stage.answered("alice", Mute(seconds=5), "bob")
    stage.reconcile(5)
    [told] = stage.entries(UNMUTE_REQUESTED)
    assert told.actor.kind is ActorKind.CLOCK


def test_in_a_bulk_deed_the_others_go_ahead() -> None:
    stage = Stage(roles={**ROLES, "vera": "viewer", "pat": "presenter"})
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", Unmute(), "carol")
    stage.answered("alice", Mute(), "pat")
    stage.consenting()
    answer = stage.done("alice", UNMUTE_ALL)
    assert answer.status == "applied"
    assert outcomes(answer) == {
        "alice": "unchanged", "hugo": "unchanged", "cora": "unchanged", "carol": "unchanged",
        "vera": "unchanged", "pat": "unchanged", "bob": "pending",
    }  # fmt: skip
    assert [o.get("awaiting") for o in answer.outcomes or () if o["externalUserId"] == "bob"] == ["consent"]
    assert stage.told(UNMUTE_REQUESTED) == [["bob"]]
    assert stage.heard("carol")


def test_other_media_go_ahead_for_him_too() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", SetMeeting(mode="audience"))
    stage.done("alice", SetMeeting(mode="open"))
    assert stage.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO


def test_each_answers_for_himself() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.done("alice", UNMUTE_ALL)
    of_bob, of_carol = stage.request_to("bob"), stage.request_to("carol")
    assert of_bob != of_carol
    assert stage.change(of_bob).command == "unmute-all"
    stage.consents("bob")
    stage.consents("carol", accept=False)
    assert (stage.heard("bob"), stage.heard("carol")) == (True, False)
    assert (stage.change(of_bob).status, stage.change(of_carol).status) == (Status.APPLIED, Status.DECLINED)


def test_many_with_half_to_be_asked_take_few_calls() -> None:
    """Who could go ahead does with one call; asking costs none."""
    people = [f"p{n:03}" for n in range(245)]
    silent, free = people[::2], people[1::2]
    stage = Stage()
    for who in people:
        stage.comes(who)
    stage.consenting()
    stage.done("alice", MuteEverybody(spared_users=tuple(free)))
    stage.chime.calls.clear()
    entries = len(stage.ledger.entries)
    answer = stage.done("alice", UNMUTE_ALL)
    assert [call.operation for call in stage.chime.calls] == ["roster"]
    awaited = {o["externalUserId"] for o in answer.outcomes or () if o.get("awaiting") == "consent"}
    asked = {n for e in stage.entries(UNMUTE_REQUESTED) for n in e.names}
    assert awaited == asked == {*silent, "bob", "carol"}
    assert all(stage.bits(who) == EVERYTHING for who in free)
    assert all(stage.bits(who) == EVERYTHING & ~Capabilities.SEND_AUDIO for who in silent)
    assert len(stage.ledger.entries) - entries == 2 + len(asked)
    stage.consents(silent[7])
    assert stage.heard(silent[7])
    assert not stage.heard(silent[8])


def test_many_who_are_all_to_be_asked_get_the_rest_in_one_call() -> None:
    people = [f"p{n:03}" for n in range(245)]
    stage = Stage()
    for who in people:
        stage.comes(who)
    stage.consenting()
    stage.done("alice", SetMeeting(mode="audience"))
    stage.chime.calls.clear()
    stage.done("alice", SetMeeting(mode="open"))
    assert len(stage.chime.orders()) == 1
    assert all(stage.bits(who) == EVERYTHING & ~Capabilities.SEND_AUDIO for who in people)
    assert {n for e in stage.entries(UNMUTE_REQUESTED) for n in e.names} == {*people, "bob", "carol"}


def test_a_newcomer_joins_with_his_microphone_in_his_own_hands() -> None:
    stage = Stage()
    stage.consenting()
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    assert stage.heard("dora")
    assert stage.entries(UNMUTE_REQUESTED) == []


def test_who_joined_into_a_mute_all_is_asked_when_it_ends() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora", capabilities=EVERYTHING & ~Capabilities.SEND_AUDIO))
    stage.done("alice", UNMUTE_ALL)
    assert not stage.heard("dora")
    stage.consents("dora")
    assert stage.heard("dora")


def test_who_was_held_by_the_lobby_is_asked_when_he_is_let_in() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", SetMeeting(lobby=True))
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    stage.ask_user("alice", LetIn(), "dora")
    assert not stage.heard("dora")
    assert stage.bits("dora") == EVERYTHING & ~Capabilities.SEND_AUDIO
    stage.consents("dora")
    assert stage.heard("dora")


def test_when_the_lobby_goes_too() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", SetMeeting(lobby=True))
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    stage.done("alice", SetMeeting(lobby=False))
    assert not stage.heard("dora")
    stage.consents("dora")
    assert stage.heard("dora")


def test_the_floor_that_he_takes_up_late_ends_in_time() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", GrantFloor(90), "bob")
    stage.surroundings.pass_by(50)
    stage.consents("bob")
    assert stage.heard("bob")
    stage.reconcile(40)
    assert not stage.heard("bob")


def test_a_turn_that_is_over_before_he_answers_needs_no_answer() -> None:
    stage = Stage()
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", GrantFloor(30), "bob")
    asked = stage.request_to("bob")
    stage.reconcile(30)
    assert not stage.heard("bob")
    stage.reconcile(31)
    assert stage.change(asked).status is Status.SUPERSEDED
    assert not stage.heard("bob")


def test_an_exclusive_floor_silences_the_others_before_he_answers() -> None:
    stage = Stage()
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", GrantFloor(), "carol")
    stage.consenting()
    stage.answered("alice", GrantFloor(exclusive=True), "bob")
    assert not stage.heard("carol")
    assert not stage.heard("bob")
    stage.consents("bob")
    assert (stage.heard("bob"), stage.heard("carol")) == (True, False)


def test_hosts_are_asked_as_well() -> None:
    """Nobody is heard unawares, whatever he may do."""
    stage = Stage()
    stage.consenting()
    stage.answered("hugo", Mute(), "alice")
    stage.answered("hugo", Unmute(), "alice")
    assert not stage.heard("alice")
    stage.consents("alice")
    assert stage.heard("alice")
    stage.done("alice", MuteEverybody(spared_roles=()))
    stage.done("alice", UNMUTE_ALL)
    assert not stage.heard("hugo")


def test_whoever_asks_for_himself_in_a_bulk_deed_has_to_answer_too() -> None:
    """A bulk deed is about all; the one who does it answers like everybody."""
    stage = Stage()
    stage.consenting()
    stage.done("alice", MuteEverybody(spared_roles=()))
    stage.done("alice", UNMUTE_ALL)
    assert not stage.heard("alice")
    assert stage.consents("alice")
    assert stage.heard("alice")


def test_chime_is_believed_and_not_the_last_note() -> None:
    """Somebody whose microphone Chime holds shut for a reason nobody noted is asked as well."""
    stage = Stage()
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.turn("carol", RECEIVING)
    stage.done("alice", UNMUTE_ALL)
    assert not stage.heard("carol")


def test_a_dry_run_asks_nobody() -> None:
    stage = Stage()
    stage.consenting()
    muted(stage)
    for answer in (
        stage.ask("alice", Unmute(), "bob", dry_run=True), stage.say("alice", UNMUTE_ALL, dry_run=True)
    ):  # fmt: skip
        assert code(answer) == "dry-run"
    assert stage.entries(UNMUTE_REQUESTED) == []
    assert stage.user("bob").rules.asked is None


def test_a_process_that_dies_after_the_answer_is_taken_over() -> None:
    stage = Stage()
    stage.consenting()
    muted(stage)
    stage.ask("alice", Unmute(), "bob")
    asked = stage.request_to("bob")
    stage.chime_refuses()
    stage.consents("bob")
    stage.chime_recovers()
    stage.surroundings.pass_by(20)
    stage.another_process().reconciler.run(stage.surroundings.now() + timedelta(minutes=1))
    assert stage.heard("bob")
    assert stage.change(asked).status is Status.APPLIED


def test_an_exclusive_floor_is_not_called_applied_while_he_is_silent() -> None:
    """Its others are silent, so it is done; what waits for his answer is a change of its own."""
    stage = Stage()
    stage.done("alice", MUTE_ALL)
    stage.consenting()
    answer = stage.answered("alice", GrantFloor(exclusive=True), "bob", key="k", fingerprint="f")
    assert (answer.status, answer.awaiting, answer.waiting) == ("pending", "consent", stage.request_to("bob"))
    again = stage.answered("alice", GrantFloor(exclusive=True), "bob", key="k", fingerprint="f")
    assert (again.status, again.waiting, again.replayed) == ("pending", answer.waiting, True)
    stage.consents("bob")
    assert stage.change(answer.waiting).status is Status.APPLIED
    assert stage.heard("bob")


def test_whom_a_registration_gives_a_higher_role_is_asked() -> None:
    stage = Stage()
    stage.done("alice", SetMeeting(mode="presentation"))
    stage.consenting()
    revision = f"m{stage.meeting().revision}"
    roles, consent = {**stage.roles, "bob": "presenter"}, UnmuteConsent.REQUIRED
    stage.register(roles=roles, mode="presentation", unmute_consent=consent, if_match=revision)
    assert not stage.heard("bob")
    assert stage.user("carol").rules.asked is None
    stage.consents("bob")
    assert stage.heard("bob")
