"""Display names: where they come from, who is shown them, and that they decide and publish nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest
from moderation.application.requests import Answer, Refused, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Admit, Ban, Bind, GrantFloor, Mute, RaiseHand, SetMeeting, Undo
from moderation.domain.entry import ADMISSION_REQUESTED, DECIDED
from moderation.ports import LedgerUnavailableError

from tests.memory.live import LiveMeeting
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of
from tests.unit.application.commanded_meeting import CommandedMeeting, by

ZOE = "Zoë Müller"


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def admit(meeting: CommandedMeeting, **names: str) -> Answer:
    answer = meeting.gavel.perform(Request(MEETING, ADMIN, Admit(dict.fromkeys(names), names)))
    assert isinstance(answer, Answer), answer
    return answer


def shown(meeting: ModeratedMeeting, user: str, who: str = "alice") -> Any:
    """The document of the user's attendee."""
    return meeting.gavel.attendee(MEETING, by(who), attendee_id=attendee_of(user))


def items(found: Any) -> list[dict[str, Any]]:
    assert not isinstance(found, Refused), found
    items: list[dict[str, Any]] = found["items"]
    return items


def test_binding_gives_a_name(meeting: CommandedMeeting) -> None:
    answer = meeting.answered(ADMIN, Bind(ZOE), "bob")
    assert (answer.status, answer.subject["displayName"]) == ("unchanged", ZOE)
    assert shown(meeting, "bob")["displayName"] == ZOE
    assert "displayName" not in shown(meeting, "carol")


def test_binding_a_newcomer_gives_a_name(meeting: CommandedMeeting) -> None:
    meeting.comes("zoe")
    assert meeting.answered(ADMIN, Bind(ZOE), "zoe").subject["displayName"] == ZOE
    assert shown(meeting, "zoe")["displayName"] == ZOE


def test_a_name_is_changed_by_another_and_kept_without_one(meeting: CommandedMeeting) -> None:
    meeting.answered(ADMIN, Bind(ZOE), "bob")
    before = shown(meeting, "bob")["revision"]
    meeting.answered(ADMIN, Bind(), "bob")
    admit(meeting)
    assert (shown(meeting, "bob")["displayName"], shown(meeting, "bob")["revision"]) == (ZOE, before)
    meeting.answered(ADMIN, Bind("Bob"), "bob")
    assert shown(meeting, "bob")["displayName"] == "Bob"
    assert shown(meeting, "bob")["revision"] != before


def test_a_dry_run_shows_the_name_and_stores_none(meeting: CommandedMeeting) -> None:
    assert meeting.answered(ADMIN, Bind(ZOE), "bob", dry_run=True).subject["displayName"] == ZOE
    assert meeting.user("bob").display_name is None


def test_commands_keep_the_name_and_undo_does_not_bring_back_an_older_one(meeting: CommandedMeeting) -> None:
    meeting.answered(ADMIN, Bind("Bob"), "bob")
    change = meeting.answered("alice", Mute(), "bob").change_id
    meeting.answered(ADMIN, Bind(ZOE), "bob")
    meeting.done("alice", Undo(str(change)))
    assert shown(meeting, "bob")["displayName"] == ZOE


def test_admissions_give_names(meeting: CommandedMeeting) -> None:
    admit(meeting, dora=ZOE)
    meeting.comes("dora")
    assert meeting.answered(ADMIN, Bind(), "dora").subject["displayName"] == ZOE


def test_a_new_name_alone_is_no_admission(meeting: CommandedMeeting) -> None:
    admit(meeting, dora="Dora")
    decided = len(meeting.entries(DECIDED))
    admit(meeting, dora=ZOE)
    assert meeting.user("dora").display_name == ZOE
    assert len(meeting.entries(DECIDED)) == decided


def test_who_waits_and_who_is_banned_is_shown_by_name(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(lobby=True))
    admit(meeting, dora=ZOE)
    assert [item["displayName"] for item in items(meeting.gavel.lobby(MEETING, by("alice")))] == [ZOE]
    assert meeting.told(ADMISSION_REQUESTED) == [["dora"]]
    meeting.ask_user("alice", Ban(), "dora")
    admit(meeting, dora="Dora")
    assert [item["displayName"] for item in items(meeting.gavel.bans(MEETING, by("alice")))] == [ZOE]


def test_hands_and_lists_have_names(meeting: CommandedMeeting) -> None:
    meeting.answered(ADMIN, Bind(ZOE), "bob")
    meeting.answered("bob", RaiseHand(), "bob")
    assert [item["displayName"] for item in items(meeting.gavel.hands(MEETING, by("alice")))] == [ZOE]
    listed = items(meeting.gavel.attendees(MEETING, by("carol"), limit=50, after=None))
    assert {item["externalUserId"]: item.get("displayName") for item in listed}["bob"] == ZOE


def test_pages_are_told_a_new_name(meeting: CommandedMeeting) -> None:
    live = LiveMeeting(meeting)
    page = live.opens("alice")
    meeting.answered(ADMIN, Bind(ZOE), "bob")
    live.pump()
    assert page.attendees[attendee_of("bob")]["displayName"] == ZOE


def test_neither_entries_nor_parameters_have_names(meeting: CommandedMeeting) -> None:
    admit(meeting, dora=ZOE)
    meeting.comes("dora")
    meeting.answered(ADMIN, Bind(ZOE), "dora")
    meeting.answered("alice", Mute(reason="noise"), "dora")
    assert [e for e in meeting.entries() if "dora" in e.names]
    assert ZOE not in json.dumps([e.detail for e in meeting.ledger.entries], ensure_ascii=False)
    assert ZOE not in str([change.parameters for change in meeting.ledger.changes.values()])
    history: Any = meeting.gavel.history(MEETING, by("alice"), after=None, limit=100)
    assert ZOE not in json.dumps(history, ensure_ascii=False)


def test_a_name_is_stored_with_the_user_alone(meeting: CommandedMeeting) -> None:
    """Answers have it all the same, repeated ones too."""
    once: dict[str, Any] = {"key": "k", "fingerprint": "f"}
    meeting.answered(ADMIN, Bind(ZOE), "bob", **once)
    assert meeting.answered(ADMIN, Bind(ZOE), "bob", **once).subject["displayName"] == ZOE
    mute = {**once, "key": "mute"}
    exclusive = meeting.answered("alice", GrantFloor(120, exclusive=True), "bob", **{**once, "key": "floor"})
    first = meeting.answered("alice", Mute(), "bob", **mute)
    hand = meeting.answered("carol", RaiseHand(), "carol")
    assert (first.subject["displayName"], exclusive.subject["displayName"]) == (ZOE, ZOE)
    assert "displayName" not in hand.subject
    assert ZOE not in str([*meeting.ledger.changes.values(), *meeting.ledger.keys.values(), *meeting.ledger.entries])
    meeting.answered(ADMIN, Bind("Bob"), "bob")
    repeated = meeting.answered("alice", Mute(), "bob", **mute)
    assert repeated.replayed
    assert repeated.subject == {**first.subject, "displayName": "Bob"}


def named(user: str, name: str = ZOE) -> Actor:
    return replace(Actor(ActorKind.USER, user), claims={"sub": user, "name": name})


@pytest.fixture
def gavel(meeting: CommandedMeeting) -> Gavel:
    return Gavel(meeting.ports, LiveMeeting(meeting).tickets, "name")


def own(found: Any) -> Any:
    assert not isinstance(found, Refused), found
    return found["attendee"]


def test_a_token_gives_a_name(meeting: CommandedMeeting, gavel: Gavel) -> None:
    assert own(gavel.me(MEETING, named("bob")))["displayName"] == ZOE
    assert not isinstance(gavel.live(MEETING, named("carol", "Carol C.")), Refused)
    assert [shown(meeting, user).get("displayName") for user in ("bob", "carol", "alice")] == [ZOE, "Carol C.", None]


def test_a_token_changes_no_name(meeting: CommandedMeeting, gavel: Gavel) -> None:
    meeting.answered(ADMIN, Bind("Bob"), "bob")
    gavel.me(MEETING, named("bob"))
    gavel.live(MEETING, named("bob"))
    assert meeting.user("bob").display_name == "Bob"


@pytest.mark.parametrize("name", ["", "\u202eBob", "b" * 65])
def test_a_claim_that_is_no_name_gives_none(meeting: CommandedMeeting, gavel: Gavel, name: str) -> None:
    assert "displayName" not in own(gavel.me(MEETING, named("bob", name)))


def test_without_the_setting_tokens_give_no_name(meeting: CommandedMeeting) -> None:
    assert "displayName" not in own(Gavel(meeting.ports).me(MEETING, named("bob")))


def test_strangers_leave_no_trace_and_who_waits_is_named(meeting: CommandedMeeting, gavel: Gavel) -> None:
    assert isinstance(gavel.live(MEETING, named("mallory")), Refused)
    assert (MEETING, "mallory") not in meeting.ledger.users
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    assert not isinstance(gavel.live(MEETING, named("dora")), Refused)
    assert [item["displayName"] for item in items(gavel.lobby(MEETING, by("alice")))] == [ZOE]


def test_a_back_end_gives_its_own_name_to_nobody(meeting: CommandedMeeting, gavel: Gavel) -> None:
    """What acts for a user has a token of its own."""
    gavel.me(MEETING, Actor(ActorKind.USER, "bob", via="back-end"))
    gavel.me(MEETING, replace(ADMIN, claims={"name": ZOE}))
    assert not [user for user in meeting.ledger.users.values() if user.display_name]


def test_a_name_that_cannot_be_stored_now_is_stored_later(
    meeting: CommandedMeeting, gavel: Gavel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(_clauses: object) -> None:
        raise LedgerUnavailableError

    with monkeypatch.context() as failing:
        failing.setattr(meeting.ledger, "transact", unavailable)
        assert "displayName" not in own(gavel.me(MEETING, named("bob")))
    assert own(gavel.me(MEETING, named("bob")))["displayName"] == ZOE
