"""All hands come down with one command, however many they are."""

import pytest
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.commands import LowerAllHands, RaiseHand
from moderation.domain.entry import HAND_LOWERED
from moderation.domain.summary import summary

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting
from tests.unit.application.commanded_meeting import by, code

MANY = {"alice": "host", "cora": "cohost", **{f"{n:03}-user": "participant" for n in range(200)}}


def with_hands(*hands: str, roles: dict[str, str] | None = None) -> ModeratedMeeting:
    found = ModeratedMeeting(roles=roles) if roles else ModeratedMeeting()
    for user in hands:
        found.ask_user(user, RaiseHand(), user)
    return found


def lower_all(at: ModeratedMeeting, who: str = "alice", **how: object) -> Outcome:
    actor = ADMIN if who == "back-end" else by(who)
    return at.gavel.perform(Request(MEETING, actor, LowerAllHands("next topic"), **how))  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["alice", "cora", "back-end"])
def test_hosts_cohosts_and_the_back_end_lower_all(who: str) -> None:
    at = with_hands("bob", "carol")
    outcome = lower_all(at, who)
    assert isinstance(outcome, Answer)
    assert (outcome.status, {str(o["externalUserId"]) for o in outcome.outcomes or ()}) == ("applied", {"bob", "carol"})
    assert at.ledger.hands(MEETING) == {}
    [entry] = at.entries(HAND_LOWERED)
    assert (entry.command, set(entry.names), entry.revision) == ("lower-all-hands", {"bob", "carol"}, "m1")
    actor = "back-end" if who == "back-end" else who
    assert summary(entry) == f"{actor} lowered the hands of bob and carol: next topic"
    assert at.chime.calls == []


def test_others_may_not() -> None:
    at = with_hands("bob")
    assert code(lower_all(at, "carol")) == "not-permitted"
    assert at.ledger.hands(MEETING).keys() == {"bob"}
    [refused] = [entry for entry in at.ledger.entries if entry.extra.get("verdict") == "refused"]
    assert (refused.command, refused.actor.id) == ("lower-all-hands", "carol")


def test_without_a_raised_hand_nothing_changes() -> None:
    at = with_hands()
    assert code(lower_all(at)) == "unchanged"
    assert at.entries(HAND_LOWERED) == []


def test_a_dry_run_lowers_none() -> None:
    at = with_hands("bob")
    outcome = lower_all(at, dry_run=True)
    assert isinstance(outcome, Answer)
    assert (outcome.status, len(outcome.outcomes or ())) == ("dry-run", 1)
    assert at.ledger.hands(MEETING).keys() == {"bob"}


def test_more_hands_than_one_transaction_takes() -> None:
    raised = [user for user in MANY if user.endswith("-user")]
    at = with_hands(*raised, roles=MANY)
    outcome = lower_all(at)
    assert isinstance(outcome, Answer)
    assert len(outcome.outcomes or ()) == len(raised)
    assert at.ledger.hands(MEETING) == {}
    names = [name for entry in at.entries(HAND_LOWERED) for name in entry.names]
    assert sorted(names) == sorted(raised)


def test_under_its_key_it_is_answered_again_and_lowers_no_hand_that_was_raised_since() -> None:
    at = with_hands("bob")
    assert code(lower_all(at, key="k", fingerprint="f")) == "applied"
    at.ask_user("bob", RaiseHand(), "bob")
    again = lower_all(at, key="k", fingerprint="f")
    assert isinstance(again, Answer)
    assert again.replayed
    assert at.ledger.hands(MEETING).keys() == {"bob"}


def test_a_hand_that_comes_down_meanwhile_is_left_out() -> None:
    at = with_hands("bob", "carol")
    hands, lowered = at.ledger.hands, list[str]()

    def meanwhile(meeting_id: str) -> object:
        found = dict(hands(meeting_id))
        if not lowered:
            lowered.append("bob")
            del at.ledger.hands_up[MEETING, "bob"]
        return found

    at.ledger.hands = meanwhile  # type: ignore[method-assign, assignment]
    outcome = lower_all(at)
    assert not isinstance(outcome, Refused)
    assert [str(o["externalUserId"]) for o in outcome.outcomes or ()] == ["carol"]


def test_on_another_revision_nothing_is_done() -> None:
    at = with_hands("bob")
    assert code(lower_all(at, if_match="m9")) == "revision-mismatch"
    assert at.ledger.hands(MEETING).keys() == {"bob"}
