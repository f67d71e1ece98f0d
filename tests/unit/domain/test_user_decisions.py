"""Tables of decisions on a user: role, hold, ban, removal, lobby and floor."""

from dataclasses import replace
from datetime import timedelta

import pytest
from moderation.domain.actor import CHIME, COHOST, HOST, Actor, ActorKind, Authorization
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    RECEIVING,
    Capabilities,
    LiftableBy,
    Medium,
    MuteAll,
    PolicyCapabilities,
    sending,
)
from moderation.domain.change import AttendeeChange
from moderation.domain.commands import (
    Ban,
    EndFloor,
    Expire,
    GrantFloor,
    Hold,
    LeaveLobby,
    LetIn,
    Mute,
    Release,
    Remove,
    SetRole,
    Unban,
    Undo,
    UserCommand,
)
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import NOT_UNDOABLE, Accepted, Case, precondition_refusal
from moderation.domain.meeting import Attendee, User, UserRules, floor_media
from moderation.domain.personal_rules import Ban as Banned
from moderation.domain.personal_rules import Floor, Waiting
from moderation.domain.personal_rules import Hold as OnHold

from .cases import (
    ALICE,
    ATTENDEE,
    MEDIA_SETS,
    NOW,
    case,
    decided,
    following,
    own,
    refused,
    settled,
    unchanged,
    withholding,
)

RANKING = (HOST, COHOST, "presenter", "participant", "viewer")
CLOCK = Actor(ActorKind.CLOCK, "clock")
AUDIO = Capabilities.SEND_AUDIO
HELD = OnHold(ALICE, NOW - timedelta(minutes=1), "noise")
BANNED = Banned(ALICE, NOW - timedelta(minutes=1), "noise")


def speaking(role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
    """Hosts always, all users in `open`, and users with the floor."""
    return PolicyCapabilities(EVERYTHING if floor or mode == "open" or role in (HOST, COHOST) else RECEIVING)


def situation(hosts: int = 2, mode: str = "open", frozen: bool = False, **rules: object) -> Case:
    """bob, with these rules, in a meeting of so many hosts."""
    user = User("bob", UserRules(role="participant"), {}, revision=3)
    user = replace(user, rules=replace(user.rules, **rules))  # type: ignore[arg-type]
    at = replace(case(user, holds=speaking), ranking=RANKING, change_id="c")
    meeting_rules = replace(at.meeting.rules, mode=mode, frozen_at=NOW if frozen else None)
    return replace(at, meeting=replace(at.meeting, hosts=hosts, rules=meeting_rules))


def seated(at: Case, *names: str, known: Capabilities = EVERYTHING) -> Case:
    return replace(at, user=replace(at.user, attendees={name: Attendee(name, known) for name in names}))


def silenced(at: Case, *media: Medium, **more: object) -> Case:
    """The meeting with a mute-all of these media."""
    made = tuple(MuteAll(f"x/{m.value}", m, LiftableBy.HOST, ALICE, NOW, **more) for m in media)  # type: ignore[arg-type]
    return replace(at, meeting=replace(at.meeting, rules=replace(at.meeting.rules, mute_alls=made)))


# ---- roles -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("old", RANKING)
@pytest.mark.parametrize("new", RANKING)
def test_who_rises_loses_what_hosts_withheld_and_who_falls_what_they_gave(old: str, new: str) -> None:
    floor = Floor((Medium.AUDIO,), ("",), ALICE, NOW, NOW + timedelta(seconds=60))
    restrictions = (*withholding(AUDIO), *own(Capabilities.SEND_VIDEO))
    at = situation(
        role=old, grant=EVERYTHING, restrictions=restrictions, given=AUDIO, spares=frozenset({"x/audio"}), floor=floor
    )
    at = silenced(at, Medium.AUDIO)
    if old == new:
        unchanged(settled(at), SetRole(new))
        return
    rules = decided(at, SetRole(new)).rules
    rises = RANKING.index(new) < RANKING.index(old)
    assert {r.origin for r in rules.restrictions} == ({"self"} if rises else {"self", "host"})
    assert (rules.given, rules.spares, rules.floor) == (
        (AUDIO, frozenset({"x/audio"}), floor) if rises else (NOTHING, frozenset(), None)
    )
    assert rules.role == new


def test_a_role_that_the_schema_has_no_more_is_the_lowest() -> None:
    at = situation(role="king", restrictions=withholding(AUDIO))
    assert decided(at, SetRole("viewer")).rules.restrictions == ()


def test_the_default_role_counts_as_the_old_one() -> None:
    at = situation(role=None, restrictions=withholding(AUDIO))
    assert decided(at, SetRole("presenter")).rules.restrictions == ()
    assert decided(at, SetRole("viewer")).rules.restrictions != ()


def test_a_user_with_a_role_before_joining_is_granted_everything() -> None:
    assert decided(situation(grant=None), SetRole("viewer")).rules.grant == EVERYTHING
    assert decided(situation(grant=RECEIVING), SetRole("viewer")).rules.grant == RECEIVING


LAST: list[tuple[int, str | None, bool, UserCommand, bool]] = [
    (1, HOST, False, SetRole(COHOST), True),
    (1, HOST, False, Remove(), True),
    (1, HOST, False, Remove(ban=True), True),
    (1, HOST, False, Ban(), True),
    (1, HOST, False, Hold(), False),
    (1, HOST, False, Mute(), False),
    (2, HOST, False, SetRole(COHOST), False),
    (2, HOST, False, Ban(), False),
    (1, COHOST, False, Ban(), False),
    (1, "participant", False, Remove(), False),
    (1, HOST, True, SetRole("viewer"), False),
    (0, "participant", False, SetRole("viewer"), False),
]


@pytest.mark.parametrize(("hosts", "role", "banned", "command", "is_last"), LAST)
def test_the_last_host(hosts: int, role: str, banned: bool, command: UserCommand, is_last: bool) -> None:
    """A banned user is no host, so not the last one; a meeting without hosts has none to lose."""
    at = seated(situation(hosts, role=role, ban=BANNED if banned else None), ATTENDEE)
    if is_last:
        assert refused(at, command).code == "last-host"
    else:
        decided(at, command)


# ---- hold ------------------------------------------------------------------------------------------------------------
def test_a_hold_withholds_all_and_touches_nothing_else() -> None:
    at = settled(situation(restrictions=withholding(AUDIO), given=AUDIO))
    made = decided(at, Hold("noise"))
    assert (made.before, made.after) == (EVERYTHING & ~AUDIO, NOTHING)
    assert replace(made.rules, hold=None) == at.user.rules
    assert "receive-removed" in made.effects
    back = decided(following(at, made), Release())
    assert (back.rules, back.after) == (at.user.rules, made.before)


@pytest.mark.parametrize(("reason", "same"), [("noise", True), ("other", False), (None, False)])
def test_held_again(reason: str | None, same: bool) -> None:
    at = settled(situation(hold=HELD))
    if same:
        unchanged(at, Hold(reason))
    else:
        assert decided(at, Hold(reason)).rules.hold == OnHold(ALICE, NOW, reason)


def test_released_without_a_hold() -> None:
    unchanged(settled(situation()), Release())


# ---- ban and removal -------------------------------------------------------------------------------------------------
def test_a_ban_takes_the_turn_and_the_place_in_the_lobby() -> None:
    floor = Floor((Medium.AUDIO,), ("",), ALICE, NOW, NOW + timedelta(seconds=60))
    made = decided(situation(floor=floor, waiting=Waiting(NOW)), Ban())
    assert (made.rules.floor, made.rules.waiting, made.after) == (None, None, NOTHING)


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_a_ban_ends_in_the_future(seconds: int) -> None:
    until = NOW + timedelta(seconds=seconds)
    assert refused(situation(), Ban(until)).pointer == "/until"
    assert refused(situation(), Remove(ban=True, until=until)).pointer == "/until"


SAME = [
    (BANNED, Ban(reason="noise"), True),
    (BANNED, Ban(reason="other"), False),
    (BANNED, Ban(NOW + timedelta(days=1), "noise"), False),
    (BANNED, Remove(ban=True, reason="noise"), True),
]


@pytest.mark.parametrize(("standing", "command", "same"), SAME)
def test_banned_again(standing: Banned, command: Ban | Remove, same: bool) -> None:
    at = settled(situation(ban=standing))
    at = replace(at, user=replace(at.user, attendees={ATTENDEE: Attendee(ATTENDEE, EVERYTHING, gone=True)}))
    if same:
        unchanged(at, command)
    else:
        assert decided(at, command).rules.ban != standing


def test_who_is_banned_and_inside_has_to_leave_whatever_was_said_before() -> None:
    at = seated(situation(ban=BANNED), ATTENDEE, known=NOTHING)
    decided(at, Ban(reason="noise"))


def test_an_unban_gives_back_what_the_user_had() -> None:
    at = situation(restrictions=withholding(AUDIO))
    made = following(at, decided(at, Ban()))
    assert replace(decided(made, Unban()).rules, ban_calls_end_at=None) == at.user.rules
    unchanged(settled(at), Unban())


def test_the_end_of_a_ban_gives_back_what_the_user_had() -> None:
    at = seated(situation(ban=replace(BANNED, until=NOW), restrictions=withholding(AUDIO)), ATTENDEE, known=NOTHING)
    made = decided(at, Expire())
    assert (made.rules.ban, made.before, made.after) == (None, NOTHING, EVERYTHING & ~AUDIO)
    assert made.effects == ("renegotiation-needed",)


def test_a_removal_is_of_the_attendees_of_the_moment() -> None:
    at = seated(situation(), "one", "two")
    made = decided(at, Remove())
    assert made.rules.removed == {"one", "two"}
    gone = {name: Attendee(name, EVERYTHING, gone=True) for name in ("one", "two")}
    after = replace(following(at, made), user=replace(at.user, rules=made.rules, attendees=gone))
    unchanged(after, Remove())
    again = replace(after, user=replace(after.user, attendees={**gone, "three": Attendee("three", EVERYTHING)}))
    assert not again.user.is_out("three")
    assert decided(again, Remove()).rules.removed == {"one", "two", "three"}


# ---- the lobby -------------------------------------------------------------------------------------------------------
def test_a_user_let_in_is_admitted_and_granted_everything() -> None:
    rules = decided(situation(waiting=Waiting(NOW)), LetIn()).rules
    assert (rules.waiting, rules.admitted, rules.grant) == (None, True, EVERYTHING)


def test_let_in_again_they_have_what_they_were_granted() -> None:
    assert decided(situation(waiting=Waiting(NOW), grant=RECEIVING), LetIn()).rules.grant == RECEIVING


def test_a_declined_user_waits_no_more_and_is_not_in() -> None:
    rules = decided(situation(waiting=Waiting(NOW)), LetIn(admit=False)).rules
    assert (rules.waiting, rules.admitted) == (Waiting(NOW, declined_at=NOW), False)


def test_who_does_not_wait_can_not_give_up_waiting() -> None:
    answer = refused(situation(), LeaveLobby())
    assert (answer.code, answer.detail) == ("attendee-not-found", "This user does not wait in the lobby.")


@pytest.mark.parametrize("admit", [True, False])
def test_who_does_not_wait(admit: bool) -> None:
    assert refused(situation(role=None), LetIn(admit)).code == "attendee-not-found"
    unchanged(situation(), LetIn(admit))


@pytest.mark.parametrize(("inside", "frozen"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_freeze_is_for_who_is_inside(inside: bool, frozen: bool) -> None:
    at = situation(frozen=frozen, waiting=Waiting(NOW))
    at = replace(at, meeting=replace(at.meeting, rules=replace(at.meeting.rules, lobby=True)))
    if inside:
        at = seated(at, ATTENDEE, known=NOTHING)
    if inside and frozen:
        assert refused(at, LetIn()).code == "capability-unavailable"
    else:
        decided(at, LetIn())


# ---- the floor -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("media", MEDIA_SETS)
def test_it_opens_its_media_and_no_other(media: tuple[Medium, ...]) -> None:
    at = silenced(situation(mode="audience"), *Medium)
    made = decided(at, GrantFloor(media=media))
    assert made.after == RECEIVING | sending(media)
    assert decided(following(at, made), EndFloor()).after == made.before


AGAINST: list[tuple[str, Case, str | None]] = [
    ("mute-all", silenced(situation(), Medium.AUDIO), None),
    ("mode", situation(mode="audience"), None),
    ("a host's mute", situation(restrictions=withholding(AUDIO)), "restriction"),
    (
        "a host's mute that the user may lift",
        situation(restrictions=withholding(AUDIO, liftable_by=LiftableBy.SELF)),
        None,
    ),
    ("the user's own mute", situation(restrictions=own(AUDIO)), None),
    ("a mute of another medium", situation(restrictions=withholding(Capabilities.SEND_VIDEO)), None),
    ("a mute that has ended", situation(restrictions=withholding(AUDIO, until=NOW)), None),
    ("hold", situation(hold=HELD), "hold"),
    ("ban", situation(ban=BANNED), "ban"),
    ("grant", situation(grant=RECEIVING), "grant"),
]


@pytest.mark.parametrize(("at", "by"), [(at, by) for _, at, by in AGAINST], ids=[name for name, _, _ in AGAINST])
def test_what_stands_against_it(at: Case, by: str | None) -> None:
    if by is None:
        decided(at, GrantFloor())
    else:
        refusal = refused(at, GrantFloor())
        assert (refusal.code, {limit.by for limit in refusal.limits}) == ("capability-unavailable", {by})
        assert all(limit.withholds in AUDIO for limit in refusal.limits)


def test_it_ends_with_its_time_and_with_its_turn() -> None:
    at = silenced(situation(), Medium.AUDIO)
    at = following(at, decided(at, GrantFloor(60)))
    assert floor_media(at.user, at.meeting, NOW + timedelta(seconds=59)) == (Medium.AUDIO,)
    assert floor_media(at.user, at.meeting, NOW + timedelta(seconds=60)) == ()
    turned = replace(at.meeting, rules=at.meeting.rules.with_floor_generation((Medium.AUDIO,), "later"))
    assert floor_media(at.user, turned, NOW) == ()
    other = replace(at.meeting, rules=at.meeting.rules.with_floor_generation((Medium.VIDEO,), "later"))
    assert floor_media(at.user, other, NOW) == (Medium.AUDIO,)


def test_while_frozen_its_time_stands_still_and_none_begins() -> None:
    at = silenced(situation(), Medium.AUDIO)
    at = following(at, decided(at, GrantFloor(60)))
    frozen = replace(at.meeting, rules=replace(at.meeting.rules, frozen_at=NOW))
    assert floor_media(at.user, frozen, NOW + timedelta(hours=1)) == (Medium.AUDIO,)
    fresh = silenced(situation(frozen=True), Medium.AUDIO)
    assert {limit.by for limit in refused(fresh, GrantFloor()).limits} == {"freeze"}


def test_an_exclusive_one_is_of_a_turn_of_its_own() -> None:
    at = silenced(situation(), Medium.AUDIO)
    made = decided(at, GrantFloor(exclusive=True)).rules.floor
    assert made is not None
    assert made.generations == ("c/audio",)
    assert floor_media(replace(at.user, rules=replace(at.user.rules, floor=made)), at.meeting, NOW) == ()


def test_no_floor_no_end() -> None:
    unchanged(settled(situation()), EndFloor())
    over = Floor((Medium.AUDIO,), ("",), ALICE, NOW, NOW)
    unchanged(settled(situation(floor=over)), EndFloor())


@pytest.mark.parametrize("actor", [CHIME, CLOCK])
def test_what_nobody_commanded_is_not_undone(actor: Actor) -> None:
    was, made = UserRules(role="participant"), UserRules(role="participant", restrictions=withholding(AUDIO))
    at = situation(restrictions=made.restrictions)
    change = AttendeeChange("c1", "m", "mute", {}, ALICE, (), NOW, "p1.m1", rules_before=was, rules_after=made)
    assert decide(replace(at, undone=replace(change, actor=actor)), Undo("c1")) == NOT_UNDOABLE
    assert isinstance(decide(replace(at, undone=change), Undo("c1")), Accepted)
    assert decide(replace(at, undone=None), Undo("c1")) == NOT_UNDOABLE


@pytest.mark.parametrize("command", [Hold(), Release(), SetRole("viewer"), Remove(), Ban(), Unban(), GrantFloor()])
def test_what_the_policies_do_not_permit(command: UserCommand) -> None:
    at = situation().meeting
    not_permitted = precondition_refusal(Authorization(False), at, command.name)
    assert not_permitted is not None
    assert not_permitted.code == "not-permitted"
    ended = precondition_refusal(Authorization(True), replace(at, ended_at=NOW), command.name)
    assert ended is not None
    assert ended.code == "meeting-ended"
    assert precondition_refusal(Authorization(True), at, command.name) is None
