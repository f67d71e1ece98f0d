"""Reverts take the effect of one change out of the rules, and nothing else; of the meeting's rules as well."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, LiftableBy, Medium, MuteAll, whole
from moderation.domain.change import AttendeeChange, Change, MeetingChange, Rules, with_author, without_ended
from moderation.domain.meeting import MeetingRules, UnmuteConsent, UserRules
from moderation.domain.personal_rules import Ban, ConsentRequest, Floor, Hold, Waiting
from moderation.domain.rule_changes import (
    has_exclusive_floor,
    is_bound_again,
    is_in_effect,
    named,
    reverted,
    withholding,
)

from .cases import ALICE, NOW, own
from .cases import withholding as withheld

AUDIO, VIDEO = Capabilities.SEND_AUDIO, Capabilities.SEND_VIDEO
LATER = NOW + timedelta(seconds=60)
SAID: list[tuple[str, dict[str, object], Capabilities, Capabilities]] = [
    ("mute", {"media": ["audio", "video"]}, AUDIO | VIDEO, AUDIO | VIDEO),
    ("mute", {}, NOTHING, NOTHING),
    ("unmute", {"media": ["audio"]}, AUDIO, NOTHING),
    (
        "set-capabilities",
        {"audio": "Receive", "video": "None"},
        whole(Medium.AUDIO) | whole(Medium.VIDEO),
        AUDIO | whole(Medium.VIDEO),
    ),
    ("set-capabilities", {"content": "SendReceive"}, whole(Medium.CONTENT), NOTHING),
    *((command, {}, NOTHING, EVERYTHING) for command in ("hold", "ban", "remove")),
    *(
        (command, dict[str, object](audio="None"), NOTHING, NOTHING)
        for command in ("release", "unban", "set-role", "bind")
    ),
]


def change(replaced: Any = None, made: Any = None, command: str = "mute", **more: Any) -> Change:
    said = more.pop("said", {})
    kind = MeetingChange if isinstance(made, MeetingRules) else AttendeeChange
    return kind("c", "m", command, said, ALICE, (), NOW, "p1.m1", rules_before=replaced, rules_after=made, **more)


@pytest.mark.parametrize(("command", "said", "names", "withholds"), SAID)
def test_what_a_command_names_and_what_it_takes(
    command: str, said: dict[str, object], names: Capabilities, withholds: Capabilities
) -> None:
    made = change(command=command, said=said)
    assert named(made) == names
    assert withholding(made) == withholds


ONE_VALUE: dict[str, tuple[object, object, object]] = {
    "role": ("participant", "viewer", "presenter"),
    "hold": (None, Hold(ALICE, NOW), Hold(ALICE, LATER)),
    "floor": (None, Floor((Medium.AUDIO,), ("",), ALICE, NOW, LATER), None),
    "ban": (None, Ban(ALICE, NOW), Ban(ALICE, LATER)),
    "waiting": (Waiting(NOW), None, Waiting(LATER)),
    "admitted": (False, True, False),
    "removed_at": (None, NOW, LATER),
}
"""The value before the change, by it, and by a later one."""


@pytest.mark.parametrize("name", ONE_VALUE)
def test_one_value_is_what_it_was_unless_it_is_another_by_now(name: str) -> None:
    was, made, another = (replace(UserRules(), **{name: value}) for value in ONE_VALUE[name])  # type: ignore[arg-type]
    assert reverted(change(was, made), made, NOW) == was
    assert reverted(change(was, made), another, NOW) == another
    assert is_in_effect(change(was, made), made, NOW)
    assert not is_in_effect(change(was, made), was, NOW)


def set_one_after_another(was: Rules, *later: Rules) -> Rules:
    """The last rules, each of which a change of its own has set: `c`, `c1`, `c2`."""
    for number, new in enumerate(later):
        was = with_author(f"c{number or ''}", replace(new, authors=was.authors), was)
    return was


def with_each(rules: Rules, name: str, values: Iterable[object]) -> list[Rules]:
    return [replace(rules, **{name: value}) for value in values]  # type: ignore[arg-type]


A_SECOND_TIME: list[Sequence[UserRules]] = [
    *(with_each(UserRules(), name, values) for name, values in ONE_VALUE.items() if name != "admitted"),
    (UserRules(restrictions=withheld(AUDIO)), UserRules(), UserRules(restrictions=withheld(AUDIO, reason="noise"))),
    (UserRules(restrictions=own(AUDIO)), UserRules(restrictions=withheld(VIDEO)), UserRules(restrictions=own(AUDIO))),
    (UserRules(), UserRules(given=AUDIO), UserRules()),
    (UserRules(given=VIDEO), UserRules(), UserRules(given=VIDEO)),
    (UserRules(), UserRules(spares=frozenset({"c1/audio"})), UserRules()),
]


@pytest.mark.parametrize(("was", "made", "between"), A_SECOND_TIME)
def test_what_a_later_change_set_again_stays(was: UserRules, made: UserRules, between: UserRules) -> None:
    """The later change set the same as the first one, after another one in between."""
    first = change(was, set_one_after_another(was, made))
    again = set_one_after_another(was, made, between, made)
    assert reverted(first, again, NOW) == made
    assert not is_in_effect(first, again, NOW)
    meantime = set_one_after_another(was, made, replace(made, grant=VIDEO))
    assert reverted(first, meantime, NOW) == replace(was, grant=VIDEO), "nothing of it was set again"
    assert is_in_effect(first, meantime, NOW)
    of_an_earlier_version = replace(again, authors={})
    assert reverted(first, of_an_earlier_version, NOW) == was


@pytest.mark.parametrize(("was", "made", "between"), A_SECOND_TIME)
def test_what_a_revert_or_an_undo_restores_has_its_author_again(
    was: UserRules, made: UserRules, between: UserRules
) -> None:
    """So the change that had set it can still be given up."""
    stood = set_one_after_another(was, made)
    first, last = change(was, stood), set_one_after_another(was, made, between)
    back = reverted(change(stood, last), last, NOW)
    assert (back, back.authors) == (made, stood.authors)
    undone = with_author("undo", back, last)
    assert undone.authors == stood.authors
    assert reverted(first, undone, NOW) == was
    assert reverted(change(last, undone), undone, NOW) == between, "the undo as well"


def test_to_let_a_user_in_sets_whatever_may_keep_them_out() -> None:
    """They waited, were let in, removed and let in again."""
    steps = [
        UserRules(waiting=Waiting(NOW)),
        UserRules(admitted=True),
        UserRules(admitted=True, removed_at=NOW),
        UserRules(admitted=True),
    ]
    let_in = change(steps[0], set_one_after_another(*steps[:2]))
    assert reverted(let_in, set_one_after_another(*steps[:2]), NOW) == steps[0]
    assert reverted(let_in, set_one_after_another(*steps), NOW) == steps[-1]
    removed, asks = change(steps[1], set_one_after_another(*steps[:3])), replace(steps[2], waiting=Waiting(LATER))
    assert is_in_effect(removed, set_one_after_another(*steps[:3], asks), NOW), "to ask sets nothing else"


def test_what_ended_by_itself_was_set_by_nobody_else() -> None:
    timed = withheld(AUDIO, until=LATER)
    was, made = UserRules(restrictions=withheld(AUDIO)), UserRules(restrictions=timed)
    muted = change(was, set_one_after_another(was, made))
    ended = without_ended(UserRules(), made)
    assert ended.authors == {}
    assert reverted(muted, ended, LATER) == was
    unmuted, muted_again = change(was, set_one_after_another(was, UserRules())), (was, UserRules(), made)
    assert reverted(unmuted, ended, LATER) == was, "it stands again"
    assert reverted(unmuted, set_one_after_another(*muted_again), LATER) == was, "also before the clock drops the mute"
    assert reverted(unmuted, set_one_after_another(*muted_again), NOW) == made
    later = set_one_after_another(was, made, UserRules(restrictions=withheld(AUDIO, reason="noise")))
    assert is_in_effect(muted, later, LATER)
    assert not is_in_effect(muted, later, NOW)


def test_no_author_is_kept_of_a_mute_all_that_spares_them_no_more() -> None:
    """There would be more and more of them."""
    was, spared = UserRules(), UserRules(spares=frozenset({"c1/audio"}))
    assert set_one_after_another(was, spared).authors == {"spares/c1/audio": "c"}
    assert set_one_after_another(was, spared, was).authors == {}


def test_of_restrictions_its_own_go_and_those_it_lifted_come_back() -> None:
    was, made = UserRules(restrictions=withheld(AUDIO)), UserRules(restrictions=withheld(VIDEO))
    since = replace(made, restrictions=(*made.restrictions, *own(Capabilities.SEND_CONTENT)))
    back = reverted(change(was, made), since, NOW)
    assert set(back.restrictions) == {*withheld(AUDIO), *own(Capabilities.SEND_CONTENT)}
    again = withheld(AUDIO, reason="since then")
    assert reverted(change(was, made), replace(made, restrictions=again), NOW).restrictions == again


def test_gifts_and_spares_of_others_stay() -> None:
    was, made = UserRules(given=AUDIO, spares=frozenset({"a"})), UserRules(given=VIDEO, spares=frozenset({"b"}))
    since = replace(made, given=VIDEO | Capabilities.SEND_CONTENT, spares=frozenset({"b", "c"}))
    back = reverted(change(was, made), since, NOW)
    assert (back.given, back.spares) == (AUDIO | Capabilities.SEND_CONTENT, frozenset({"a", "c"}))


@pytest.mark.parametrize(("change_id", "stays"), [("c", False), ("another", True)])
def test_its_own_request_goes_and_anothers_stays(change_id: str, stays: bool) -> None:
    rules = UserRules(asked=ConsentRequest(change_id, ALICE, NOW, LATER))
    assert (reverted(change(UserRules(), rules), rules, NOW).asked is not None) is stays


def test_what_ends_at_that_moment_is_not_brought_back() -> None:
    """Neither restrictions and mute-alls nor a floor or a ban. Other expired rules are left to the clock."""
    over, ban = replace(withheld(AUDIO)[0], until=NOW), Ban(ALICE, NOW, until=NOW)
    floor = Floor((Medium.AUDIO,), ("",), ALICE, NOW, NOW)
    was = UserRules(restrictions=(over,), floor=floor, ban=ban)
    assert reverted(change(was, UserRules()), UserRules(), NOW) == UserRules()
    assert reverted(change(was, replace(was, role="viewer")), replace(was, role="viewer"), NOW) == was
    lifted = change(MeetingRules(mute_alls=(all_muted(until=NOW),)), MeetingRules())
    assert reverted(lifted, MeetingRules(), NOW) == MeetingRules()


def test_what_ended_by_itself_is_not_brought_back() -> None:
    was, made = UserRules(restrictions=withheld(AUDIO)), UserRules()
    assert reverted(change(was, made, "expire"), made, NOW) == made
    assert reverted(change(None, made), made, NOW) == reverted(change(was, None), made, NOW) == made
    rules = MeetingRules(mode="audience")
    for of_no_meeting in (change(was, made), change(None, MeetingRules()), change(MeetingRules(), None)):
        assert reverted(of_no_meeting, rules, NOW) == rules


def all_muted(medium: Medium = Medium.AUDIO, number: int = 1, until: datetime | None = None) -> MuteAll:
    return MuteAll(f"c{number}/{medium.value}", medium, LiftableBy.HOST, ALICE, NOW, until=until)


PLAIN: dict[str, tuple[object, object, object]] = {
    "mode": ("open", "audience", "presentation"),
    "default_role": ("participant", "viewer", "presenter"),
    "unmute_consent": (UnmuteConsent.NONE, UnmuteConsent.REQUIRED, UnmuteConsent.MUTED_FIRST),
    "lobby": (False, True, False),
    "frozen_at": (None, NOW, LATER),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_setting_is_what_it_was_unless_it_is_another_by_now(name: str) -> None:
    was, made, another = (replace(MeetingRules(), **{name: value}) for value in PLAIN[name])  # type: ignore[arg-type]
    assert reverted(change(was, made), made, NOW) == was
    assert reverted(change(was, made), another, NOW) == another
    assert is_in_effect(change(was, made), made, NOW)
    assert not is_in_effect(change(was, made), another, NOW)


@pytest.mark.parametrize("name", PLAIN)
def test_a_setting_that_a_later_change_set_again_stays(name: str) -> None:
    was, made, between = with_each(MeetingRules(), name, PLAIN[name])
    first = change(was, set_one_after_another(was, made))
    again = set_one_after_another(was, made, between, made)
    assert reverted(first, again, NOW) == made
    assert not is_in_effect(first, again, NOW)


def test_a_mute_all_that_was_lifted_twice_is_not_brought_back() -> None:
    was, nobody = MeetingRules(mute_alls=(all_muted(),)), MeetingRules()
    first = change(was, set_one_after_another(was, nobody))
    again = set_one_after_another(was, nobody, MeetingRules(mute_alls=(all_muted(number=2),)), nobody)
    assert reverted(first, again, NOW) == nobody
    assert not is_in_effect(first, again, NOW)
    assert reverted(first, set_one_after_another(was, nobody), NOW) == was


def test_mute_alls_of_others_stay_and_one_that_it_replaced_comes_back() -> None:
    old, new, video = all_muted(number=0), all_muted(number=1), all_muted(Medium.VIDEO, 2)
    was, made = MeetingRules(mute_alls=(old,)), MeetingRules(mute_alls=(new,))
    assert reverted(change(was, made), MeetingRules(mute_alls=(new, video)), NOW).mute_alls == (old, video)
    newest = all_muted(number=3)
    assert reverted(change(was, made), MeetingRules(mute_alls=(newest,)), NOW).mute_alls == (newest,)
    assert reverted(change(was, MeetingRules()), MeetingRules(mute_alls=(video,)), NOW).mute_alls == (
        old,
        video,
    )


def test_floors_that_it_ended_go_on_unless_they_were_ended_again() -> None:
    was = MeetingRules(floor_generations=("a", "b", "c"))
    made = was.with_floor_generation((Medium.AUDIO, Medium.VIDEO), "c1")
    since = made.with_floor_generation((Medium.VIDEO,), "c2")
    assert reverted(change(was, made), since, NOW).floor_generations == ("a", "c2/video", "c")


def test_a_mute_all_stands_while_it_is_there_or_until_it_ends_by_itself() -> None:
    timed = all_muted(until=LATER)
    muted = change(MeetingRules(), MeetingRules(mute_alls=(timed,)))
    assert is_in_effect(muted, MeetingRules(mute_alls=(timed, all_muted(Medium.VIDEO))), NOW)
    assert not is_in_effect(muted, MeetingRules(), NOW)
    assert is_in_effect(muted, MeetingRules(), LATER), "it has ended by itself"
    lifted = change(MeetingRules(mute_alls=(timed,)), MeetingRules())
    assert is_in_effect(lifted, MeetingRules(mute_alls=(all_muted(Medium.VIDEO),)), NOW)
    assert not is_in_effect(lifted, MeetingRules(mute_alls=(all_muted(number=2),)), NOW)
    over = change(MeetingRules(mute_alls=(all_muted(until=NOW),)), MeetingRules())
    assert is_in_effect(over, MeetingRules(mute_alls=(all_muted(number=2),)), NOW), "it lifted nothing"
    waits = MeetingRules(mute_alls=(all_muted(until=NOW),), frozen_at=NOW - timedelta(seconds=1))
    assert not is_in_effect(change(waits, replace(waits, mute_alls=())), replace(waits, mute_alls=(timed,)), NOW)


def test_rules_of_the_other_kind_say_nothing_of_a_change() -> None:
    """Who joins may be served by a plan for the whole meeting, and its rules are the meeting's."""
    assert is_in_effect(change(UserRules(), UserRules("viewer")), MeetingRules(), NOW)
    assert is_in_effect(change(MeetingRules(), MeetingRules(mode="audience")), UserRules(), NOW)


def test_what_said_the_same_again_stands_while_nothing_has_changed() -> None:
    rules = MeetingRules(mode="audience")
    assert is_in_effect(change(rules, rules), rules, NOW)
    assert not is_in_effect(change(rules, rules), MeetingRules(), NOW)


@pytest.mark.parametrize(("user_id", "overruled"), [("bob", True), (None, False)])
def test_an_exclusive_floor_stands_until_another_turn_begins(user_id: str | None, overruled: bool) -> None:
    made = MeetingRules().with_floor_generation((Medium.AUDIO,), "c")
    exclusive = change(MeetingRules(), made, "grant-floor", user_id=user_id)
    assert is_in_effect(exclusive, made.with_floor_generation((Medium.VIDEO,), "c2"), NOW)
    assert is_in_effect(exclusive, made.with_floor_generation((Medium.AUDIO,), "c2"), NOW) is not overruled


def test_the_turn_is_theirs_for_all_its_media_until_it_is_over() -> None:
    said = {"durationSeconds": 60, "media": ["audio", "video"]}
    granted = change(command="grant-floor", said=said)
    media, turns = (Medium.AUDIO, Medium.VIDEO), ("c/audio", "c/video")
    floor = Floor(media, turns, ALICE, NOW, LATER)
    assert has_exclusive_floor(granted, UserRules(floor=floor), NOW)
    for other in (
        None,
        replace(floor, generations=("c/audio", "d/video")),
        Floor(media[:1], turns[:1], ALICE, NOW, LATER),
    ):
        assert not has_exclusive_floor(granted, UserRules(floor=other), LATER - timedelta(milliseconds=1))
        assert has_exclusive_floor(granted, UserRules(floor=other), LATER), "it has ended by itself"
    for author, has_it in (("c", True), ("d", False)):
        rules = UserRules(floor=floor, authors={"floor": author})
        assert has_exclusive_floor(granted, rules, NOW) is has_it
        assert has_exclusive_floor(granted, rules, LATER)


def test_who_was_spared_is_bound_again_by_a_mute_all_of_the_same_medium() -> None:
    spared = change(UserRules(), UserRules(spares=frozenset({"c1/audio"})))
    for rules, is_bound in (
        (MeetingRules(mute_alls=(all_muted(),)), False),
        (MeetingRules(mute_alls=(all_muted(number=2),)), True),
        (MeetingRules(mute_alls=(all_muted(Medium.VIDEO, 2),)), False),
        (MeetingRules(), False),
    ):
        assert is_bound_again(spared, rules) is is_bound
    before = UserRules(spares=frozenset({"c1/audio"}))
    assert not is_bound_again(change(before, before), MeetingRules(mute_alls=(all_muted(number=2),)))
    assert not is_bound_again(change(MeetingRules(), MeetingRules()), MeetingRules(mute_alls=(all_muted(number=2),)))


SAID_AGAIN: list[tuple[str, dict[str, object]]] = [
    ("mute", {"media": ["audio"]}),
    ("set-capabilities", {"audio": "Receive"}),
]


@pytest.mark.parametrize(("command", "said"), SAID_AGAIN)
def test_what_was_withheld_already_when_it_was_said_again_is_to_stay_withheld(
    command: str, said: dict[str, object]
) -> None:
    rules = UserRules(restrictions=withheld(AUDIO))
    again = change(rules, rules, command, said=said)
    assert is_in_effect(again, replace(rules, restrictions=(*withheld(AUDIO), *withheld(VIDEO))), NOW)
    assert not is_in_effect(again, UserRules(), NOW)
    lifted = change(UserRules(), UserRules(), "unmute", said={"media": ["audio"]})
    assert is_in_effect(lifted, UserRules(restrictions=withheld(VIDEO)), NOW)
    assert not is_in_effect(lifted, rules, NOW)
    ended = UserRules(restrictions=withheld(AUDIO, until=NOW))
    assert is_in_effect(lifted, ended, NOW), "it has ended by itself"
    timed = change(UserRules(), ended, command, said=said)
    assert is_in_effect(timed, rules, NOW), "another one withholds the same"


ENDS_BY_ITSELF = [
    ("floor", Floor((Medium.AUDIO,), ("",), ALICE, NOW, LATER)),
    ("ban", Ban(ALICE, NOW, until=LATER)),
]


@pytest.mark.parametrize(("name", "value"), ENDS_BY_ITSELF)
def test_what_has_ended_by_itself_was_overruled_by_nobody(name: str, value: object) -> None:
    made = replace(UserRules(), **{name: value})  # type: ignore[arg-type]
    assert not is_in_effect(change(UserRules(), made), UserRules(), LATER - timedelta(milliseconds=1))
    assert is_in_effect(change(UserRules(), made), UserRules(), LATER)


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        ("set-role", "role", {}),
        ("hold", "hold", {}),
        ("release", "hold", {}),
        ("ban", "ban", {}),
        ("unban", "ban", {}),
        ("remove", "ban", {"ban": True}),
        ("grant-floor", "floor", {}),
        ("end-floor", "floor", {}),
    ],
)
def test_what_a_command_is_about_must_stay_as_it_left_it_though_it_changed_nothing(
    command: str, name: str, said: dict[str, object]
) -> None:
    was, _, another = (replace(UserRules(), **{name: value}) for value in ONE_VALUE[name])  # type: ignore[arg-type]
    if another == was:
        another = replace(UserRules(), **{name: ONE_VALUE[name][1]})  # type: ignore[arg-type]
    assert is_in_effect(change(was, was, command, said=said), was, NOW)
    assert not is_in_effect(change(was, was, command, said=said), another, NOW)
    assert is_in_effect(change(was, was, "mute"), another, NOW), "it is about something else"
    assert is_in_effect(change(was, was, "remove"), another, NOW), "it bans nobody"
