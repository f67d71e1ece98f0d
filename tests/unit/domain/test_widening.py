"""What new rules widen, and since when the old ones held: what a late command may not do."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from moderation.domain.capability import (
    EVERYTHING,
    RECEIVING,
    Capabilities,
    LiftableBy,
    Medium,
    MuteAll,
    PolicyCapabilities,
)
from moderation.domain.change import Change
from moderation.domain.decisions.decide import lifted_since, widens_access
from moderation.domain.decisions.decision import Case
from moderation.domain.decisions.meeting import MeetingCase, meeting_lifted_since, meeting_widens_access
from moderation.domain.meeting import MeetingRules, UserRules
from moderation.domain.personal_rules import Ban, Floor, Hold, Waiting

from .cases import ALICE, NOW, a_user, case, meeting, own, withholding

AUDIO = Capabilities.SEND_AUDIO
EARLIER, SINCE = NOW - timedelta(seconds=60), NOW - timedelta(seconds=10)
SOON, LATE = NOW + timedelta(seconds=60), NOW + timedelta(seconds=120)
RANKING = ("host", "cohost", "presenter", "participant", "viewer")
FLOOR = Floor((Medium.AUDIO,), ("",), ALICE, NOW, SOON)


def rules(**more: object) -> UserRules:
    return replace(UserRules("participant"), **more)  # type: ignore[arg-type]


def situation(was: UserRules, there: MeetingRules | None = None) -> Case:
    at = replace(case(replace(a_user(), rules=was)), ranking=RANKING)
    return replace(at, meeting=replace(at.meeting, rules=there or MeetingRules(), mode_since=EARLIER))


LOOSER: list[tuple[UserRules, UserRules, list[datetime]]] = [
    (rules(restrictions=withholding(AUDIO)), rules(), [EARLIER]),
    (rules(restrictions=withholding(AUDIO)), rules(restrictions=own(Capabilities.SEND_VIDEO)), [EARLIER]),
    (rules(restrictions=withholding(AUDIO)), rules(restrictions=withholding(AUDIO, until=SOON)), [EARLIER]),
    (
        rules(restrictions=withholding(AUDIO, until=LATE)),
        rules(restrictions=withholding(AUDIO, until=SOON)),
        [EARLIER],
    ),
    (
        rules(restrictions=withholding(AUDIO)),
        rules(restrictions=withholding(AUDIO, liftable_by=LiftableBy.SELF)),
        [EARLIER],
    ),
    (rules(role="viewer"), rules(role="participant"), []),
    (rules(role=None), rules(role="presenter"), []),
    (rules(role="viewer"), rules(role=None), []),
    (rules(), rules(given=AUDIO), []),
    (rules(spares=frozenset({"a"})), rules(spares=frozenset({"b"})), []),
    (rules(), rules(floor=FLOOR), [EARLIER]),
    (rules(floor=FLOOR), rules(floor=replace(FLOOR, until=LATE)), [EARLIER]),
    (rules(hold=Hold(ALICE, SINCE)), rules(), [SINCE]),
    (rules(waiting=Waiting(SINCE)), rules(), [SINCE]),
    (rules(removed_at=SINCE), rules(), []),
    (rules(ban=Ban(ALICE, SINCE)), rules(), [SINCE]),
    (rules(ban=Ban(ALICE, SINCE)), rules(ban=Ban(ALICE, NOW, until=SOON)), [SINCE]),
    (rules(ban=Ban(ALICE, SINCE, until=LATE)), rules(ban=Ban(ALICE, NOW, until=SOON)), [SINCE]),
]
NO_LOOSER: list[tuple[UserRules, UserRules]] = [
    (rules(), rules()),
    (rules(), rules(restrictions=withholding(AUDIO))),
    (rules(restrictions=withholding(AUDIO, until=SOON)), rules(restrictions=withholding(AUDIO, until=LATE))),
    (rules(restrictions=withholding(AUDIO, until=SOON)), rules(restrictions=withholding(AUDIO))),
    (rules(restrictions=withholding(AUDIO, until=SOON)), rules(restrictions=withholding(AUDIO, until=SOON))),
    (rules(restrictions=withholding(AUDIO, until=NOW)), rules()),
    (rules(role="presenter"), rules(role="participant")),
    (rules(role=None), rules(role="participant")),
    (rules(given=AUDIO), rules()),
    (rules(spares=frozenset({"a"})), rules()),
    (rules(floor=FLOOR), rules()),
    (rules(floor=FLOOR), rules(floor=FLOOR)),
    (rules(), rules(hold=Hold(ALICE, NOW))),
    (rules(hold=Hold(ALICE, SINCE)), rules(hold=Hold(ALICE, NOW))),
    (rules(waiting=Waiting(SINCE)), rules(waiting=Waiting(NOW))),
    (rules(waiting=Waiting(SINCE)), rules(ban=Ban(ALICE, NOW))),
    (rules(removed_at=SINCE), rules(removed_at=NOW)),
    (rules(ban=Ban(ALICE, SINCE, until=SOON)), rules(ban=Ban(ALICE, NOW, until=LATE))),
    (rules(ban=Ban(ALICE, SINCE, until=SOON)), rules(ban=Ban(ALICE, NOW))),
    (rules(ban=Ban(ALICE, SINCE, until=SOON)), rules(ban=Ban(ALICE, NOW, until=SOON))),
    (rules(ban=Ban(ALICE, SINCE, until=NOW)), rules()),
]


@pytest.mark.parametrize(("was", "new", "since"), LOOSER)
def test_what_gives_more_be_it_only_later_on(was: UserRules, new: UserRules, since: list[datetime]) -> None:
    assert widens_access(situation(was), new)
    assert list(lifted_since(situation(was), new)) == since


@pytest.mark.parametrize(("was", "new"), NO_LOOSER)
def test_what_takes_or_leaves_things_as_they_are_or_had_ended(was: UserRules, new: UserRules) -> None:
    assert not widens_access(situation(was), new)


def all_muted(medium: Medium = Medium.AUDIO, since: datetime = SINCE, until: datetime | None = None) -> MuteAll:
    return MuteAll(f"c/{medium.value}", medium, LiftableBy.HOST, ALICE, since, until=until)


def test_a_mute_all_of_which_somebody_is_spared_is_lifted_for_them() -> None:
    at = situation(rules(), MeetingRules(mute_alls=(all_muted(), all_muted(Medium.VIDEO, EARLIER))))
    assert list(lifted_since(at, rules(spares=frozenset({"c/audio"})))) == [SINCE]
    assert list(lifted_since(at, rules())) == []


def holds(role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
    return PolicyCapabilities(EVERYTHING if mode == "open" else RECEIVING)


def governing(was: MeetingRules, undone: Change | None = None) -> MeetingCase:
    at = replace(meeting(), rules=was, mode_since=SINCE, frozen_since=EARLIER)
    return MeetingCase(at, ALICE, holds, RANKING, NOW, "new", undone=undone)


FROZEN = MeetingRules(frozen_at=SINCE)
MEETINGS_LOOSER: list[tuple[MeetingRules, MeetingRules, list[datetime]]] = [
    (MeetingRules(mute_alls=(all_muted(),)), MeetingRules(), [SINCE]),
    (MeetingRules(mute_alls=(all_muted(),)), MeetingRules(mute_alls=(all_muted(until=SOON),)), [SINCE]),
    (FROZEN, MeetingRules(), [EARLIER]),
    (MeetingRules(mode="audience"), MeetingRules(), [SINCE]),
]
MEETINGS_NO_LOOSER: list[tuple[MeetingRules, MeetingRules]] = [
    (MeetingRules(), MeetingRules()),
    (MeetingRules(mute_alls=(all_muted(until=NOW),)), MeetingRules()),
    (MeetingRules(mute_alls=(all_muted(until=SOON),)), MeetingRules(mute_alls=(all_muted(until=LATE),))),
    (MeetingRules(mute_alls=(all_muted(),)), MeetingRules(mute_alls=(all_muted(), all_muted(Medium.VIDEO)))),
    (MeetingRules(), FROZEN),
    (FROZEN, FROZEN),
    (MeetingRules(), MeetingRules(mode="audience")),
    (MeetingRules(), MeetingRules().with_floor_generation((Medium.AUDIO,), "c")),
]


@pytest.mark.parametrize(("was", "new", "since"), MEETINGS_LOOSER)
def test_what_gives_everybody_more(was: MeetingRules, new: MeetingRules, since: list[datetime]) -> None:
    assert meeting_widens_access(governing(was), new)
    assert list(meeting_lifted_since(governing(was), new)) == since


@pytest.mark.parametrize(("was", "new"), MEETINGS_NO_LOOSER)
def test_what_gives_nobody_more(was: MeetingRules, new: MeetingRules) -> None:
    assert not meeting_widens_access(governing(was), new)


def test_undoing_what_ended_floors_gives_them_back() -> None:
    was = MeetingRules().with_floor_generation((Medium.AUDIO,), "c")
    undone = Change("c", "m", "mute-all", {}, ALICE, (), NOW, "m1")
    assert meeting_widens_access(governing(was, undone), MeetingRules())
    assert not meeting_widens_access(governing(was, undone), was)


def test_a_freeze_of_which_nobody_noted_when_it_was_asked_for_holds_since_it_began() -> None:
    at = governing(FROZEN)
    at = replace(at, meeting=replace(at.meeting, frozen_since=None))
    assert list(meeting_lifted_since(at, MeetingRules())) == [SINCE]
