"""`gavel forget` leaves nothing of a user or a meeting, and leaves meetings alone that are not over."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from moderation.adapters.dynamodb.connections import DynamoConnections
from moderation.adapters.dynamodb.erasure import Erasure, MeetingNotFoundError, MeetingNotOverError, Report
from moderation.adapters.dynamodb.ledger import DynamoLedger
from moderation.application.commands.event_support import Rejected
from moderation.application.queries.directory import MeetingFilter
from moderation.application.requests import MEETING_NOT_FOUND, Answer, Request
from moderation.bootstrap import Gavel, Ports
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Capabilities, LiftableBy, Medium
from moderation.domain.commands import (
    Admit,
    Ban,
    Command,
    End,
    GrantFloor,
    Hold,
    LetIn,
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
    Unmute,
)
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import MeetingList, MeetingRevised
from moderation.ports.live import Connection, Ticket

from tests.integration.ledger.table import RETENTION, Table, fresh_table
from tests.memory.chime import MemoryChime
from tests.memory.clock import Clock
from tests.memory.moderated_meeting import ADMIN, MEETING, POLICIES, attendee_of
from tests.memory.wakeups import MemoryWakeups

BOB = "bob-7f3d9c"
"""An id that is no other word."""
NAME = "Robert Builder"
OTHER = "22222222-2222-2222-2222-222222222222"
ROLES = {"alice": "host", "hugo": "host", BOB: "cohost", "carol": "participant", "erin": "viewer"}


@dataclass
class Story:
    """Meetings on a table, in which BOB does and suffers all that there is."""

    table: Table

    def __post_init__(self) -> None:
        self.clock, self.chime = Clock(), MemoryChime()
        self.ledger = DynamoLedger(self.table.client, self.table.name, RETENTION, self.clock.now)
        self.gavel = Gavel(Ports(self.ledger, self.chime, POLICIES, self.clock, MemoryWakeups()))
        self.number = uuid4().int % 10**9

    def does(self, who: str, command: Command, on: str | None = None, meeting_id: str = MEETING, **how: Any) -> Answer:
        self.number += 1
        actor = ADMIN if who == "admin" else Actor(ActorKind.USER, who, via=how.pop("via", None))
        request = Request(meeting_id, actor, command, user_id=on, key=f"key-{self.number}", **how)
        outcome = self.gavel.perform(request)
        assert isinstance(outcome, Answer), (command, outcome)
        return outcome

    def refused(self, who: str, command: Command, on: str | None = None) -> None:
        self.number += 1
        actor = Actor(ActorKind.USER, who)
        outcome = self.gavel.perform(Request(MEETING, actor, command, user_id=on, key=f"key-{self.number}"))
        assert not isinstance(outcome, Answer), outcome

    def continued(self, items: list[dict[str, Any]]) -> "Story":
        for item in items:
            self.table.client.put_item(TableName=self.table.name, Item=item)
        self.clock.pass_by(300)
        return self

    def begin(self, meeting_id: str = MEETING) -> None:
        self.chime.open(meeting_id, {attendee_of(user): user for user in ROLES})
        self.does("admin", Register(roles=ROLES), meeting_id=meeting_id)

    def play(self) -> None:
        """Everything in which an id is stored: by BOB, on BOB, about others with BOB among them."""
        self.begin()
        self.does("alice", Mute(reason=f"{BOB} is loud", seconds=600), BOB)
        self.does("alice", Unmute(), BOB)
        self.does(BOB, Mute((Medium.AUDIO, Medium.CONTENT), None, "talks", LiftableBy.HOST), "carol")
        self.does(BOB, Mute(liftable_by=LiftableBy.SELF), BOB)
        self.does(BOB, Hold("waits"), "erin")
        self.does(BOB, Release(), "erin")
        self.does("alice", SetCapabilities({Medium.VIDEO: Capabilities.RECEIVE_VIDEO}, "no"), BOB)
        self.does(BOB, RaiseHand(), BOB)
        self.does("alice", GrantFloor(seconds=60), BOB)
        self.does("alice", MuteEverybody(reason=f"says {BOB}", spared_users=(BOB,)))
        self.does(BOB, MuteEverybody((Medium.VIDEO,), reason="exam"))
        self.does(BOB, SetMeeting(mode="presentation", reason="slides"), via="back-end")
        self.does("alice", SetRole("presenter"), BOB)
        self.refused(BOB, Mute(), "alice")
        self.refused("carol", Mute(reason="never"), BOB)
        self.does("admin", Admit({BOB: "viewer", "finn": None}, {BOB: NAME}))
        self.does("alice", Ban(reason="insults"), BOB)
        self.does("alice", Unban(), BOB)
        self.does("alice", Remove(reason="out"), BOB)
        self.does("alice", LetIn(admit=True), BOB)
        rejected = Rejected(
            None,
            Actor(ActorKind.USER, BOB),
            "mute",
            MEETING_NOT_FOUND,
            "event",
            "f",
            {"externalUserId": BOB},
            user_id=BOB,
        )
        assert self.gavel.refuse(rejected)
        connections = DynamoConnections(self.table.client, self.table.name, self.clock.now)
        actor, now = Actor(ActorKind.USER, BOB), self.clock.now()
        connections.issue(Ticket("digest", MEETING, actor, now + timedelta(minutes=1)))
        connections.connect(Connection("c1", MEETING, actor, now))
        connections.listen("c1", None, now)

    def end(self, meeting_id: str = MEETING) -> None:
        self.does("alice", End("over"), meeting_id=meeting_id)
        self.clock.pass_by(120)
        self.gavel.reconciler.run(self.clock.now() + timedelta(seconds=50))

    def erasure(self, **how: Any) -> Erasure:
        return Erasure(self.table.client, self.table.name, self.clock.now, **how)

    def text(self) -> str:
        """The whole table."""
        return json.dumps(self.table.items(), ensure_ascii=False)


@pytest.fixture
def story(moto: Any) -> Iterator[Story]:
    with fresh_table(moto) as table:
        yield Story(table)


@pytest.fixture(scope="module")
def played(ministack: Any) -> list[dict[str, Any]]:
    """The items of a whole story, in which MEETING is over and OTHER is not. It is played once, and on the emulator
    whose transactions do not copy the table.
    """
    with fresh_table(ministack) as table:
        first = Story(table)
        first.begin(OTHER)
        first.does("alice", Mute(reason="loud"), BOB, meeting_id=OTHER)
        first.play()
        first.does("alice", Mute(reason="coughs"), "erin")
        first.end()
        return table.items()


@pytest.fixture
def both(story: Story, played: list[dict[str, Any]]) -> Story:
    """After the end of MEETING."""
    return story.continued(played)


@pytest.fixture
def over(story: Story, played: list[dict[str, Any]]) -> Story:
    """The same without OTHER."""
    return story.continued([item for item in played if OTHER not in json.dumps(item)])


def test_nothing_of_a_user_is_left(over: Story) -> None:
    assert over.text().count(BOB) > 50
    assert attendee_of(BOB) in over.text()
    assert NAME in over.text()

    report = over.erasure().forget_user(BOB)

    assert BOB not in over.text()
    assert NAME not in over.text()
    assert attendee_of(BOB) not in over.text()
    assert report.is_complete, (report.not_over, report.unknown_fields)
    assert report.meetings == {MEETING}
    assert {"user records", "attendee records", "raised hands", "rate limits", "idempotency records"} <= set(
        report.deleted
    )
    assert {"tickets", "connections", "live connections"} <= set(report.deleted)
    assert {"history entries", "changes", "meetings", "user records"} <= set(report.rewritten)


def test_what_others_did_can_still_be_read(over: Story) -> None:
    """The records are still those that Gavel reads, and what is not about the user is as it was."""
    before: Any = over.gavel.history(MEETING, ADMIN, after=None, limit=100)

    report = over.erasure().forget_user(BOB)

    gavel = Gavel(Ports(over.ledger, over.chime, POLICIES, over.clock, MemoryWakeups()))
    after: Any = gavel.history(MEETING, ADMIN, after=None, limit=100)
    assert [entry["entryId"] for entry in after["items"]] == [entry["entryId"] for entry in before["items"]]
    muted = [
        entry for entry in after["items"] if entry["actor"]["id"] == report.pseudonym and entry["command"] == "mute"
    ]
    assert {entry["reason"] for entry in muted} == {None}
    assert "coughs" in {entry["reason"] for entry in after["items"]}
    for entry in after["items"]:
        change: Any = gavel.change(MEETING, ADMIN, entry["changeId"]) if entry["changeId"] else {"status": "none"}
        assert change["status"]
    roles: Any = gavel.meeting(MEETING, ADMIN)
    assert BOB not in roles["roles"]
    assert over.ledger.listed(MeetingList(user_id=BOB), "", "~", 10) == []
    carol: Any = gavel.attendee(MEETING, ADMIN, user_id="carol")
    assert {limit["actor"] for limit in carol["limits"] if limit["by"] == "restriction"} <= {report.pseudonym, "alice"}


def test_a_running_meeting_is_left_alone(both: Story) -> None:
    """Its rules are in force; the meetings that are over are erased all the same."""
    running = [image for image in both.table.items() if OTHER in json.dumps(image)]

    report = both.erasure().forget_user(BOB)

    assert (report.not_over, report.meetings, report.is_complete) == ({OTHER}, {MEETING}, False)
    assert [image for image in both.table.items() if OTHER in json.dumps(image)] == running
    assert both.ledger.load(OTHER, [BOB]).users[BOB].rules.restrictions

    both.chime.open(OTHER, {attendee_of(user): user for user in ROLES})
    both.end(OTHER)
    assert both.erasure().forget_user(BOB).is_complete
    assert BOB not in both.text()


def test_a_meeting_that_ended_with_a_pending_change_is_not_over(story: Story) -> None:
    story.begin()
    meeting = story.ledger.load(MEETING).meeting
    assert meeting is not None
    asked = story.does("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    assert asked.status == "applied"
    story.does("alice", Mute(), "carol")
    assert story.does("alice", Unmute(), "carol").status == "pending"
    ended = story.ledger.load(MEETING).meeting
    assert ended is not None
    over = replace(ended, ended_at=story.clock.now(), revision=ended.revision + 1)
    story.ledger.transact([MeetingRevised(over, ended.revision)])

    with pytest.raises(MeetingNotOverError):
        story.erasure().forget_meeting(MEETING)
    assert story.erasure().forget_user("carol").not_over == {MEETING}


def test_a_dry_run_says_the_same_and_erases_nothing(over: Story) -> None:
    before = over.text()

    would = over.erasure(dry_run=True).forget_user(BOB)
    assert over.text() == before
    told = over.erasure().forget_user(BOB)

    assert counted(would) == counted(told)


def test_again_there_is_nothing_to_erase(over: Story) -> None:
    over.erasure().forget_user(BOB)
    assert counted(over.erasure().forget_user(BOB)) == ({}, {})


def test_nothing_of_a_meeting_is_left(both: Story) -> None:
    others = [image for image in both.table.items() if OTHER in json.dumps(image)]

    report = both.erasure().forget_meeting(MEETING)

    assert MEETING not in both.text()
    assert [image for image in both.table.items() if OTHER in json.dumps(image)] == others
    assert report.is_complete
    assert report.deleted["meetings"] == 1
    assert report.deleted["list items"] == 2
    found: Any = both.gavel.meetings(ADMIN, MeetingFilter(), limit=10, after=None)
    assert [item["meetingId"] for item in found["items"]] == [OTHER]
    with pytest.raises(MeetingNotFoundError):
        both.erasure().forget_meeting(MEETING)


def test_a_running_meeting_is_not_deleted(story: Story) -> None:
    story.begin()
    before = story.text()
    with pytest.raises(MeetingNotOverError):
        story.erasure().forget_meeting(MEETING)
    with pytest.raises(MeetingNotFoundError):
        story.erasure().forget_meeting(OTHER)
    assert story.text() == before


@pytest.mark.parametrize("word", ["mute", "host", "audio", "applied", "alice"])
def test_an_id_may_be_a_word_of_gavels(story: Story, word: str) -> None:
    """Only ids are replaced, never what a record says."""
    story.chime.open(MEETING, {attendee_of("carol"): "carol"})
    story.does("admin", Register(roles={word: "host", "carol": "participant"}))
    story.does(word, Mute(), "carol")
    story.does(word, MuteEverybody(spared_users=("carol",)))
    story.does(word, End())

    report = story.erasure().forget_user(word)

    history: Any = story.gavel.history(MEETING, ADMIN, after=None, limit=100)
    assert {entry["command"] for entry in history["items"]} == {"register", "mute", "mute-all", "end"}
    assert {entry["actor"]["id"] for entry in history["items"]} <= {report.pseudonym, ADMIN.id}


def test_a_record_that_is_written_meanwhile_is_not_overwritten(over: Story) -> None:
    """It is read again, and erased as it is then."""
    calls = 0

    def write_first(params: dict[str, Any], **_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            item = params["Item"]
            key = {name: item[name] for name in ("pk", "sk")}
            found = over.table.client.get_item(TableName=over.table.name, Key=key)["Item"]
            name = params["ExpressionAttributeNames"]["#n0"]
            touched = found | {name: {"S": json.dumps({"actor": {"kind": "user", "id": BOB}, "late": True})}}
            over.table.client.put_item(TableName=over.table.name, Item=touched)

    with over.table.hooked("before-parameter-build.dynamodb.PutItem", once(write_first)):
        report = over.erasure().forget_user(BOB)
    assert "late" in over.text()
    assert BOB not in over.text()
    assert report.is_complete


def once(handler: Callable[..., None]) -> Callable[..., None]:
    """Without the handler's own writes."""
    is_busy = False

    def handling(**arguments: Any) -> None:
        nonlocal is_busy
        if not is_busy:
            is_busy = True
            handler(**arguments)
            is_busy = False

    return handling


def counted(report: Report) -> tuple[dict[str, int], dict[str, int]]:
    return dict(report.deleted), {name: count for name, count in report.rewritten.items() if count}
