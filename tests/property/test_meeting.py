"""What holds of a meeting's rules whatever was decided of it before, over populations drawn at random."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from moderation.domain.capability import (
    EVERYTHING,
    RECEIVING,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    MuteAll,
    PolicyCapabilities,
    coherent,
    in_force,
    withheld,
)
from moderation.domain.change import Change, MeetingChange
from moderation.domain.commands import MeetingCommand, MuteEverybody, SetMeeting, UnmuteEverybody, UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Unchanged
from moderation.domain.decisions.meeting import MeetingCase
from moderation.domain.effective import effective
from moderation.domain.meeting import Attendee, Meeting, MeetingRules, UnmuteConsent, User, UserRules, role_of
from moderation.domain.personal_rules import Floor, Waiting
from moderation.domain.rule_changes import is_in_effect, reverted

from tests.unit.domain.cases import ALICE, NOW, meeting

from .strategies import capabilities, commands, media, reasons, restrictions, seconds

SOON = NOW + timedelta(seconds=60)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
ROLES = ("host", "cohost", "participant", "viewer")
MODES = ("open", "audience", "audio-only")
USERS = ("alice", "bob", "carol")
IDS = [f"c{n}/{medium.value}" for n in range(2) for medium in Medium]


def holds(role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
    """A participant who has the floor may do more in each mode but `open`."""
    if role in ("host", "cohost") or (role == "participant" and (mode == "open" or (mode == "audio-only" and floor))):
        return PolicyCapabilities(EVERYTHING)
    speaks = role == "participant" and (mode == "audio-only" or floor)
    return PolicyCapabilities(RECEIVING | Capabilities.SEND_AUDIO if speaks else RECEIVING)


some_roles = st.frozensets(st.sampled_from(ROLES), max_size=3)
some_people = st.frozensets(st.sampled_from(USERS), max_size=2)


@st.composite
def mute_alls(draw: st.DrawFn) -> tuple[MuteAll, ...]:
    found = []
    for medium in sorted(draw(st.frozensets(st.sampled_from(Medium)))):
        made = st.builds(
            MuteAll,
            id=st.sampled_from([f"c0/{medium.value}", f"c1/{medium.value}"]),
            medium=st.just(medium),
            liftable_by=st.sampled_from(LiftableBy),
            actor=st.just(ALICE),
            since=st.just(NOW - timedelta(seconds=60)),
            reason=reasons,
            until=st.sampled_from([None, NOW + timedelta(seconds=5), NOW - timedelta(seconds=5)]),
            spared_roles=some_roles,
            spared_users=some_people,
        )
        found.append(draw(made))
    return tuple(found)


rules = st.builds(
    MeetingRules,
    mode=st.sampled_from(MODES),
    default_role=st.sampled_from(ROLES),
    lobby=st.booleans(),
    unmute_consent=st.sampled_from(UnmuteConsent),
    mute_alls=mute_alls(),
    frozen_at=st.sampled_from([None, NOW - timedelta(seconds=30), NOW]),
)
meetings = rules.map(lambda some: replace(meeting(), rules=some))
users = st.builds(
    User,
    id=st.sampled_from(USERS),
    rules=st.builds(
        UserRules,
        role=st.none() | st.sampled_from(ROLES),
        grant=st.none() | capabilities,
        given=capabilities,
        restrictions=restrictions(),
        spares=st.frozensets(st.sampled_from(IDS), max_size=3),
    ),
)
everybody = st.builds(
    replace,
    st.builds(User, id=st.sampled_from(USERS), attendees=st.sampled_from([{}, {"a": Attendee("a")}])),
    rules=st.builds(
        replace,
        users.map(lambda user: user.rules),
        floor=st.none() | media.map(lambda some: Floor(some, ("",) * len(some), ALICE, NOW, SOON)),
        waiting=st.sampled_from([None, Waiting(NOW)]),
    ),
)
"""Users with a floor, in the lobby, and in the meeting with a microphone that may have to wait for their consent."""
populations = st.lists(everybody, max_size=5)
without_floors = st.lists(users, max_size=5)
bulk_commands: st.SearchStrategy[MeetingCommand] = (
    st.builds(
        MuteEverybody,
        media=media,
        spared_roles=some_roles.map(tuple),
        spared_users=some_people.map(tuple),
        seconds=seconds,
        reason=reasons,
        liftable_by=st.sampled_from(LiftableBy),
    )
    | st.builds(UnmuteEverybody, media=media, reason=reasons)
    | st.builds(
        SetMeeting,
        mode=st.none() | st.sampled_from(MODES),
        frozen=st.none() | st.booleans(),
        default_role=st.none() | st.sampled_from(ROLES),
        lobby=st.none() | st.booleans(),
        unmute_consent=st.none() | st.sampled_from(UnmuteConsent),
    )
)


def case(at: Meeting, change_id: str = "new") -> MeetingCase:
    return MeetingCase(at, ALICE, holds, ROLES, NOW, change_id)


def after(at: Meeting, command: MeetingCommand, change_id: str = "new") -> Meeting:
    answer = decide(case(at, change_id), command)
    return replace(at, rules=answer.rules) if isinstance(answer, Accepted) else at


def has(at: Meeting, user: User) -> Capabilities:
    return effective(at, user, holds, NOW)


def change(replaced: MeetingRules, made: MeetingRules) -> Change:
    about: dict[str, Any] = {"rules_before": replaced, "rules_after": made}
    return MeetingChange("new", "m", "any", {}, ALICE, (), NOW, "m1", **about)


@given(meetings, users)
def test_what_results_is_the_formula(at: Meeting, user: User) -> None:
    moment = NOW if at.rules.frozen_at is None else at.rules.frozen_at
    bits = user.rules.granted & holds(role_of(user, at), at.rules.mode, False).capabilities
    bits &= ~withheld(in_force(user.rules.restrictions, moment))
    for mute_all in at.rules.mute_alls:
        ended = mute_all.until is not None and mute_all.until <= moment
        spared = (
            role_of(user, at) in mute_all.spared_roles
            or user.id in mute_all.spared_users
            or mute_all.id in user.rules.spares
        )
        if not ended and not spared:
            bits &= ~SEND[mute_all.medium]
    assert has(at, user) == coherent(bits)


@given(meetings, bulk_commands, bulk_commands)
def test_one_mute_all_a_medium_in_one_order(at: Meeting, first: MeetingCommand, second: MeetingCommand) -> None:
    found = [m.medium for m in after(after(at, first, "one"), second, "two").rules.mute_alls]
    assert found == sorted(set(found))


MUTED = MuteAll("c0/audio", Medium.AUDIO, LiftableBy.HOST, ALICE, NOW - timedelta(seconds=60))
UNMUTED = User("bob", UserRules(role="participant", spares=frozenset({MUTED.id})))


@given(meetings, populations, bulk_commands)
@example(
    replace(meeting(), rules=MeetingRules(mode="audience", mute_alls=(MUTED,), frozen_at=NOW)),
    [UNMUTED],
    SetMeeting(mode="audio-only"),
)
def test_while_frozen_no_meeting_command_widens_anybody(
    at: Meeting, population: list[User], command: MeetingCommand
) -> None:
    then = after(at, command)
    if then.rules.frozen_at is not None and at.rules.frozen_at is not None:
        assert all(has(then, user) in has(at, user) for user in population)


@given(meetings, populations, bulk_commands)
def test_what_gains_nothing_widens_nobody(at: Meeting, population: list[User], command: MeetingCommand) -> None:
    """Frozen or not: what is not called a widening is pursued, however late."""
    then = after(at, command)
    if not case(at).gained_by(then.rules):
        at, then = (replace(m, rules=replace(m.rules, frozen_at=at.rules.moment(NOW))) for m in (at, then))
        assert all(has(then, user) in has(at, user) for user in population)


@given(meetings, users, commands)
def test_while_frozen_no_user_command_widens_its_user(at: Meeting, user: User, command: UserCommand) -> None:
    if at.rules.frozen_at is None:
        return
    answer = decide(Case(at, user, ALICE, True, holds, NOW), command)
    if isinstance(answer, Accepted):
        assert answer.after in answer.before
        assert answer.after == has(at, replace(user, rules=answer.rules))


@given(meetings, without_floors, media)
def test_individual_restrictions_survive_mute_all_and_unmute_all(
    at: Meeting, population: list[User], media: tuple[Medium, ...]
) -> None:
    at = replace(at, rules=replace(at.rules, frozen_at=None, mute_alls=()))
    muted = after(at, MuteEverybody(media=media, spared_roles=()))
    assert all(has(muted, user) == has(at, user) & ~withheld_by(media) for user in population)
    again = after(muted, UnmuteEverybody(media=media))
    assert [has(again, user) for user in population] == [has(at, user) for user in population]


def withheld_by(media: tuple[Medium, ...]) -> Capabilities:
    bits = Capabilities(0)
    for medium in media:
        bits |= SEND[medium]
    return bits


@given(meetings, bulk_commands)
def test_taken_back_at_once_the_rules_are_what_they_were(at: Meeting, command: MeetingCommand) -> None:
    """But for mute-alls that have ended since."""
    made = after(at, command).rules
    assert reverted(change(at.rules, made), made, LONG_AGO) == at.rules
    back = reverted(change(at.rules, made), made, at.rules.moment(NOW))
    assert in_effect(back) == in_effect(at.rules)
    assert set(back.mute_alls) <= {*made.mute_alls, *in_effect(at.rules).mute_alls}


@given(meetings, bulk_commands, bulk_commands)
def test_taking_back_leaves_alone_what_the_change_left_alone(
    at: Meeting, mine: MeetingCommand, later: MeetingCommand
) -> None:
    made = after(at, mine, "mine")
    today = after(made, later, "later")
    back = reverted(change(at.rules, made.rules), today.rules, LONG_AGO)
    for name in ("mode", "default_role", "lobby", "frozen_at"):
        if getattr(at.rules, name) == getattr(made.rules, name):
            assert getattr(back, name) == getattr(today.rules, name)
    touched = {m.medium for m in set(at.rules.mute_alls) ^ set(made.rules.mute_alls)}
    untouched = [m for m in today.rules.mute_alls if m.medium not in touched]
    assert [m for m in back.mute_alls if m.medium not in touched] == untouched
    assert not any(m.id.startswith("mine/") for m in back.mute_alls)
    assert all(m in back.mute_alls for m in today.rules.mute_alls if m.id.startswith("later/"))


@given(meetings, bulk_commands)
def test_a_change_stands_in_the_rules_that_it_made(at: Meeting, command: MeetingCommand) -> None:
    made = after(at, command).rules
    assert is_in_effect(change(at.rules, made), made, NOW)


@given(meetings, bulk_commands)
def test_it_falls_when_it_is_taken_back(at: Meeting, command: MeetingCommand) -> None:
    answer = decide(case(at), command)
    if not isinstance(answer, Accepted) or in_effect(answer.rules) == in_effect(at.rules):
        return
    assert not is_in_effect(change(at.rules, answer.rules), at.rules, NOW)


def in_effect(some: MeetingRules) -> MeetingRules:
    return replace(some, mute_alls=tuple(m for m in some.mute_alls if m.holds_at(some.moment(NOW))))


@given(meetings, bulk_commands)
def test_saying_it_again_is_as_before_but_for_mute_alls(at: Meeting, command: MeetingCommand) -> None:
    answer = decide(case(at), command)
    if isinstance(answer, Accepted) and not isinstance(command, MuteEverybody):
        assert isinstance(decide(case(replace(at, rules=answer.rules), "again"), command), Unchanged)
