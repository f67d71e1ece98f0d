"""A command on several users is one request: each is decided as if alone, and answered."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from moderation.adapters.threads import in_threads
from moderation.application.requests import Answer, Outcome, Refused, Request, Selected
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Command, LowerHand, Mute, RaiseHand, Remove, SetMeeting, SetRole, Unmute
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import LedgerUnreachableError

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of, explained
from tests.unit.application.commanded_meeting import SILENT, CommandedMeeting, by, code, not_now, outcomes

MANY = {"alice": "host", **{f"{n:03}-user": "participant" for n in range(200)}}
EVERYBODY = [user for user in MANY if user != "alice"]


def on(
    at: CommandedMeeting,
    who: str | Actor,
    command: Command,
    users: Iterable[str],
    *,
    gavel: Gavel | None = None,
    **how: Any,
) -> Outcome:
    actor = who if isinstance(who, Actor) else by(who)
    selection = [Selected(user_id=user) for user in users]
    return (gavel or at.gavel).perform_on_each(Request(MEETING, actor, command, **how), selection)


def answered(*args: Any, **how: Any) -> Answer:
    outcome = on(*args, **how)
    assert isinstance(outcome, Answer), outcome
    return outcome


def test_each_has_a_change_an_entry_and_an_outcome_of_their_own() -> None:
    at = CommandedMeeting()
    answer = answered(at, "alice", Mute(reason="noise"), ["bob", "carol", "nobody-yet"])
    assert (answer.status, outcomes(answer)) == (
        "applied",
        {"bob": "applied", "carol": "applied", "nobody-yet": "stored"},
    )
    assert at.bits("bob") == at.bits("carol") == SILENT
    changes = [at.change(str(each["changeId"])) for each in answer.outcomes or ()]
    assert [(change.user_id, change.command, change.reason) for change in changes] == [
        ("bob", "mute", "noise"),
        ("carol", "mute", "noise"),
        ("nobody-yet", "mute", "noise"),
    ]
    assert at.told("Moderation Decided") == [["bob"], ["carol"], ["nobody-yet"]]
    assert at.told("Attendee Capabilities Changed") == [["bob"], ["carol"]]


def test_an_attendee_stands_for_its_user() -> None:
    at = CommandedMeeting()
    at.comes("bob", 1)
    selection = [Selected(attendee_of("bob", 1)), Selected(user_id="carol")]
    answer = at.gavel.perform_on_each(Request(MEETING, by("alice"), Mute()), selection)
    assert isinstance(answer, Answer)
    first, second = answer.outcomes or ()
    assert (first["attendeeId"], first["externalUserId"]) == (attendee_of("bob", 1), "bob")
    assert (second["attendeeId"], second["externalUserId"]) == (attendee_of("carol"), "carol")
    assert at.bits("bob", 1) == SILENT


def test_one_refusal_stops_nobody_else() -> None:
    at = CommandedMeeting()
    answer = answered(at, "cora", Mute(), ["alice", "bob"])
    assert (answer.status, outcomes(answer)) == ("applied", {"alice": "refused", "bob": "applied"})
    refused = (answer.outcomes or ())[0]
    assert (refused["code"], refused["policies"]) == ("not-permitted", ["non-hosts-may-not-act-on-hosts"])
    assert at.heard("alice")
    assert not at.heard("bob")


def test_what_is_refused_alike_for_all_is_the_answer() -> None:
    at = CommandedMeeting()
    outcome = on(at, "bob", Mute(), ["alice", "carol"])
    assert isinstance(outcome, Refused)
    assert explained(outcome).code == "not-permitted"
    assert [entry.extra["verdict"] for entry in at.entries()] == ["refused", "refused"]


def test_different_refusals_of_all_stand_side_by_side() -> None:
    at = CommandedMeeting()
    answer = answered(at, "cora", LowerHand(), ["alice", "nobody-yet"])
    assert (answer.status, [each["code"] for each in answer.outcomes or ()]) == (
        "refused",
        ["not-permitted", "attendee-not-found"],
    )


def test_a_caller_without_a_role_is_refused_once_and_leaves_no_trace() -> None:
    at = CommandedMeeting()
    assert code(on(at, "mallory", Mute(), EVERYBODY, key="k", fingerprint="f")) == "not-permitted"
    assert (at.ledger.entries[-1].command, at.ledger.keys, at.ledger.minutes) == ("register", {}, {})


def test_who_is_not_permitted_anything_is_soon_stopped() -> None:
    at = CommandedMeeting(roles=dict(MANY))
    answer = answered(at, "000-user", Mute(), EVERYBODY[1:])
    codes = [each["code"] for each in answer.outcomes or ()]
    assert (set(codes), codes.count("not-permitted") < 12) == ({"not-permitted", "too-many"}, True)
    assert len(at.entries()) < 12


def test_the_end_of_the_meeting_is_said_once() -> None:
    at = CommandedMeeting()
    del at.chime.rooms[MEETING]
    assert code(on(at, "alice", Mute(), ["bob"])) == "meeting-ended"
    assert code(on(at, "alice", Mute(), ["bob", "carol"])) == "meeting-ended"


def test_of_a_whole_meeting_all_are_decided_in_time_and_the_rest_is_pursued() -> None:
    """Chime takes ten calls a second: changes that it has not taken when the caller's time is over are pending."""
    at = CommandedMeeting(roles=dict(MANY))
    order = at.chime.update

    def slow(*args: Any) -> Any:
        at.clock.pass_by(0.1)
        return order(*args)

    at.chime.update = slow  # type: ignore[method-assign, assignment]
    began = at.clock.now()
    answer = answered(at, "alice", Mute(), EVERYBODY[:90])
    assert (at.clock.now() - began).total_seconds() < 15
    found = list(outcomes(answer).values())
    assert (answer.status, set(found), found.count("applied") > 50) == ("pending", {"applied", "pending"}, True)
    at.chime.update = order  # type: ignore[method-assign]
    for _ in range(10):
        at.reconcile(60)
    assert all(at.bits(user) == SILENT for user in EVERYBODY[:90])


def test_whose_turn_comes_too_late_is_answered_busy_and_the_same_key_goes_on() -> None:
    at = CommandedMeeting(roles=dict(MANY))
    transact = at.ledger.transact

    def slow(*args: Any) -> None:
        at.clock.pass_by(1)
        transact(*args)

    at.ledger.transact = slow  # type: ignore[method-assign, assignment]
    answer = answered(at, "alice", Mute(), EVERYBODY[:40], key="k", fingerprint="f")
    late = [each for each in answer.outcomes or () if each["outcome"] == "refused"]
    assert {each["code"] for each in late} == {"busy"}
    at.ledger.transact = transact  # type: ignore[method-assign]
    again = answered(at, "alice", Mute(), EVERYBODY[:40], key="k", fingerprint="f")
    assert not [each for each in again.outcomes or () if each["outcome"] == "refused"]
    assert len(at.entries("Moderation Decided")) == 40


def test_under_its_key_each_is_answered_again() -> None:
    at = CommandedMeeting()
    first = answered(at, "alice", Mute(), ["bob", "carol"], key="k", fingerprint="f")
    at.ask_user("alice", Unmute(), "bob")
    again = answered(at, "alice", Mute(), ["bob", "carol"], key="k", fingerprint="f", gavel=at.another_process())
    assert replace(again, replayed=False) == first
    assert again.replayed
    assert at.heard("bob")
    assert not at.heard("carol")


def test_a_key_is_for_one_request() -> None:
    at = CommandedMeeting()
    answered(at, "alice", Mute(), ["bob"], key="k", fingerprint="f")
    assert code(on(at, "alice", Mute(), ["carol"], key="k", fingerprint="other")) == "idempotency-key-reused"
    at.ask_user("alice", Mute(), "bob", key="one", fingerprint="f")
    assert code(on(at, "alice", Mute(), ["carol"], key="one", fingerprint="other")) == "idempotency-key-reused"
    assert at.heard("carol")
    assert code(at.ask_user("alice", Mute(), "carol", key="k", fingerprint="f1")) == "idempotency-key-reused"


def test_if_match_names_the_revision_of_the_meeting() -> None:
    at = CommandedMeeting()
    assert code(on(at, "alice", Mute(), ["bob"], if_match="m9")) == "revision-mismatch"
    assert at.heard("bob")
    assert outcomes(answered(at, "alice", Mute(), ["bob"], if_match="m1")) == {"bob": "applied"}
    assert code(on(at, "mallory", Mute(), ["bob"], if_match="m9")) == "not-permitted"


def test_a_dry_run_changes_nothing() -> None:
    at = CommandedMeeting()
    answer = answered(at, "alice", Mute(), ["bob", "alice"], dry_run=True, key=None)
    assert (answer.status, outcomes(answer)) == ("dry-run", {"bob": "dry-run", "alice": "dry-run"})
    assert (at.heard("bob"), at.entries()) == (True, [])


def test_twice_is_unchanged() -> None:
    at = CommandedMeeting()
    answered(at, "alice", Mute(), ["bob", "carol"])
    answer = answered(at, "alice", Mute(), ["bob", "carol"])
    assert (answer.status, outcomes(answer)) == ("unchanged", {"bob": "unchanged", "carol": "unchanged"})


def test_microphones_open_by_consent_one_by_one() -> None:
    at = CommandedMeeting()
    answered(at, "alice", Mute(), ["bob", "carol"])
    at.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    answer = answered(at, "alice", Unmute(), ["bob", "carol"])
    assert (answer.status, {str(each["awaiting"]) for each in answer.outcomes or ()}) == ("pending", {"consent"})
    assert [each["changeId"] for each in answer.outcomes or ()] == [at.request_to("bob"), at.request_to("carol")]
    at.consents("carol")
    assert (at.heard("bob"), at.heard("carol")) == (False, True)


def test_hands_roles_and_removal() -> None:
    at = CommandedMeeting()
    at.ask_user("bob", RaiseHand(), "bob")
    assert outcomes(answered(at, "cora", LowerHand(), ["bob", "carol"])) == {"bob": "applied", "carol": "unchanged"}
    assert outcomes(answered(at, ADMIN, SetRole("viewer"), ["bob", "carol"])) == {"bob": "applied", "carol": "applied"}
    assert at.user("bob").rules.role == "viewer"
    assert outcomes(answered(at, "hugo", Remove(), ["bob", "carol"])) == {"bob": "applied", "carol": "applied"}
    assert not at.inside("bob")


def test_of_hosts_who_are_demoted_together_one_stays() -> None:
    at = CommandedMeeting()
    answer = answered(at, "alice", SetRole("participant"), ["hugo", "alice"])
    assert outcomes(answer) == {"hugo": "applied", "alice": "refused"}
    assert at.user("alice").rules.role == "host"


def test_an_unreachable_ledger_is_busy() -> None:
    at = CommandedMeeting()
    at.ledger.transact = _unreachable  # type: ignore[method-assign, assignment]
    assert code(on(at, "alice", Mute(), ["bob"], key="k", fingerprint="f")) == "busy"


def _unreachable(*_: object) -> None:
    raise LedgerUnreachableError


def test_threads_keep_the_order_of_the_items() -> None:
    doubled: Callable[[int], int] = lambda number: number * 2  # noqa: E731
    assert in_threads(doubled, range(20)) == [number * 2 for number in range(20)]


def test_chime_that_takes_nothing_leaves_all_pending() -> None:
    at = CommandedMeeting()
    at.chime.before = [not_now] * 1000
    answer = answered(at, Actor(ActorKind.ADMIN, "back-end"), Mute(), ["bob", "carol"])
    assert outcomes(answer) == {"bob": "pending", "carol": "pending"}
    at.chime_recovers()
    at.reconcile(60)
    at.reconcile(60)
    assert at.bits("bob") == at.bits("carol") == SILENT
