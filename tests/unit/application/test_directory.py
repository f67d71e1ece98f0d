"""The meetings of a deployment, found by name, by user and by time, by callers that the policies permit it."""

from datetime import timedelta
from typing import Any

import pytest
from moderation.application.queries.directory import MOST_ROUNDS, MeetingFilter
from moderation.application.requests import Refused, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Mute, MuteEverybody, Register
from moderation.domain.entry import iso
from moderation.ports import LedgerUnavailableError

from tests.memory.clock import START
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of

EVERY = MeetingFilter()
HOUR = timedelta(hours=1)


def meeting_id(number: int) -> str:
    return f"{number:08}-0000-0000-0000-000000000000"


def register(meeting: ModeratedMeeting, number: int, roles: dict[str, str]) -> str:
    meeting.chime.open(meeting_id(number), {})
    answer = meeting.gavel.perform(Request(meeting_id(number), ADMIN, Register(roles=roles)))
    assert not isinstance(answer, Refused), answer
    return meeting_id(number)


@pytest.fixture
def meeting() -> ModeratedMeeting:
    """Beside the meeting five more, an hour apart: dora is in all of them, erik in every second."""
    made = ModeratedMeeting()
    for number in range(5):
        made.clock.time = START + HOUR * (number + 1)
        register(made, number, {"dora": "host"} | ({"erik": "participant"} if number % 2 else {}))
    return made


def page(
    meeting: ModeratedMeeting, wanted: MeetingFilter = EVERY, limit: int = 50, after: str | None = None
) -> tuple[list[str], str | None]:
    found: Any = meeting.gavel.meetings(ADMIN, wanted, limit=limit, after=after)
    assert not isinstance(found, Refused), found
    return [item["meetingId"] for item in found["items"]], found["nextToken"]


def numbers(meeting: ModeratedMeeting, wanted: MeetingFilter) -> list[int]:
    return [int(each[:8]) for each in page(meeting, wanted)[0] if each != MEETING]


def test_newest_first(meeting: ModeratedMeeting) -> None:
    assert page(meeting) == ([*(meeting_id(number) for number in (4, 3, 2, 1, 0)), MEETING], None)


def test_an_item_is_what_every_member_sees_of_it(meeting: ModeratedMeeting) -> None:
    meeting.gavel.perform(Request(MEETING, ADMIN, MuteEverybody(reason="exam", spared_users=("zoe",))))
    found: Any = meeting.gavel.meetings(ADMIN, EVERY, limit=50, after=None)
    item = found["items"][-1]
    assert item["registeredAt"] == iso(START)
    assert (item["externalMeetingId"], item["mode"], item["endedAt"]) == (f"external-{MEETING}", "open", None)
    assert item["muteAll"][0].keys() == {"media", "liftableBy", "since", "until"}
    assert "roles" not in item


def test_by_name(meeting: ModeratedMeeting) -> None:
    assert numbers(meeting, MeetingFilter(external_id=f"external-{meeting_id(3)}")) == [3]
    assert numbers(meeting, MeetingFilter(external_id="external")) == []


def test_by_time(meeting: ModeratedMeeting) -> None:
    """From the first moment on, and before the second."""
    assert numbers(meeting, MeetingFilter(since=START + 3 * HOUR)) == [4, 3, 2]
    assert numbers(meeting, MeetingFilter(until=START + 3 * HOUR)) == [1, 0]
    assert numbers(meeting, MeetingFilter(since=START + 2 * HOUR, until=START + 4 * HOUR)) == [2, 1]


def test_by_user(meeting: ModeratedMeeting) -> None:
    """Users with a role there, or targets of a command."""
    assert numbers(meeting, MeetingFilter(user_id="erik")) == [3, 1]
    meeting.gavel.perform(Request(meeting_id(0), ADMIN, Mute(), user_id="erik"))
    assert numbers(meeting, MeetingFilter(user_id="erik")) == [0, 3, 1], "where they came last is first"
    assert page(meeting, MeetingFilter(user_id="bob"))[0] == [MEETING]
    assert page(meeting, MeetingFilter(user_id="nobody")) == ([], None)


def test_by_user_and_time_and_name(meeting: ModeratedMeeting) -> None:
    """The time is that of the registration, whenever the user came."""
    meeting.clock.pass_by(3600)
    meeting.gavel.perform(Request(meeting_id(0), ADMIN, Mute(), user_id="erik"))
    early = MeetingFilter(user_id="erik", until=START + 3 * HOUR)
    assert numbers(meeting, early) == [0, 1]
    assert numbers(meeting, MeetingFilter(user_id="erik", since=START + 3 * HOUR)) == [3]
    assert numbers(meeting, MeetingFilter(f"external-{meeting_id(1)}", "erik")) == [1]


@pytest.mark.parametrize("wanted", [EVERY, MeetingFilter(user_id="dora"), MeetingFilter(since=START + HOUR)])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 50])
def test_page_by_page(meeting: ModeratedMeeting, wanted: MeetingFilter, limit: int) -> None:
    whole = page(meeting, wanted)[0]
    found, token = page(meeting, wanted, limit)
    while token is not None:
        more, token = page(meeting, wanted, limit, token)
        assert len(more) <= limit
        found += more
    assert found == whole


def test_what_is_registered_meanwhile_is_on_no_later_page(meeting: ModeratedMeeting) -> None:
    first, token = page(meeting, limit=2)
    meeting.clock.pass_by(60)
    register(meeting, 9, {})
    assert page(meeting, after=token)[0] == [meeting_id(number) for number in (2, 1, 0)] + [MEETING]
    assert first == [meeting_id(4), meeting_id(3)]


def test_a_page_reads_no_more_than_a_few_times(meeting: ModeratedMeeting) -> None:
    """Where hardly any meeting of a long list is wanted, the page is short, and says that there is more."""
    wanted = MeetingFilter(external_id=f"external-{meeting_id(0)}", user_id="dora")
    found, token = page(meeting, wanted, 1)
    assert (found, token) == ([meeting_id(0)], f"{iso(START + HOUR)}#{meeting_id(0)}")
    for number in range(10, 15):
        register(meeting, number, {"dora": "host"})
    assert MOST_ROUNDS == 5
    found, token = page(meeting, wanted, 1)
    assert found == []
    assert page(meeting, wanted, 1, token)[0] == [meeting_id(0)]


def test_a_meeting_that_is_not_kept_any_more_is_left_out(meeting: ModeratedMeeting) -> None:
    del meeting.ledger.meetings[meeting_id(3)]
    assert numbers(meeting, MeetingFilter(user_id="dora")) == [4, 2, 1, 0]


@pytest.mark.parametrize(
    "actor",
    [
        Actor(ActorKind.USER, "alice"),
        Actor(ActorKind.USER, "alice", via="back-end"),
        Actor(ActorKind.USER, "nobody"),
        Actor(ActorKind.SERVICE, "exam.app"),
        Actor(ActorKind.SERVICE, "trigger/exam"),
    ],
)
def test_callers_without_a_permit(meeting: ModeratedMeeting, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a read of the ledger is made for them."""
    monkeypatch.setattr(meeting.ledger, "listed", unreachable)
    monkeypatch.setattr(meeting.ledger, "acquire_user_tokens", unreachable)
    for wanted in (EVERY, MeetingFilter(user_id=actor.id), MeetingFilter(external_id=f"external-{MEETING}")):
        found = meeting.gavel.meetings(actor, wanted, limit=50, after=None)
        assert isinstance(found, Refused)
        assert (found.code, found.policies) == ("not-permitted", ("no-permit",))


def test_a_ledger_that_cannot_be_read_is_busy(meeting: ModeratedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting.ledger, "listed", unreachable)
    found = meeting.gavel.meetings(ADMIN, EVERY, limit=50, after=None)
    assert isinstance(found, Refused)
    assert found.code == "busy"


def unreachable(*_: object) -> Any:
    raise LedgerUnavailableError


def test_an_attendee_makes_a_user_known(meeting: ModeratedMeeting) -> None:
    meeting.chime.open(meeting_id(7), {attendee_of("finn"): "finn"})
    meeting.gavel.perform(Request(meeting_id(7), ADMIN, Register()))
    assert numbers(meeting, MeetingFilter(user_id="finn")) == [7]
