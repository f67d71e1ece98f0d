"""What is stored of a record, and what is not."""

from moderation.adapters.dynamodb.records import change_document, change_of, document_of, record_of
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Capabilities, LiftableBy, Medium, MuteAll, Origin, Restriction
from moderation.domain.change import AttendeeChange
from moderation.domain.meeting import Features, Meeting, MeetingRules, User, UserRules

from tests.unit.domain.cases import NOW


def test_claims_of_a_users_token_are_not_stored() -> None:
    alice = Actor(ActorKind.USER, "alice", claims={"sub": "alice", "email": "alice@example.com"})
    change = AttendeeChange("c1", "m", "mute", {"media": ["audio"]}, alice, (), NOW, "p1.m1", user_id="bob")
    document = change_document(change)
    assert document["actor"] == {"kind": "user", "id": "alice"}
    assert "example.com" not in str(document)
    stored = document | {"committedAt": NOW.isoformat()}
    assert change_of(stored) == change


def test_a_user_who_was_stored_before_there_were_display_names_has_none() -> None:
    document = document_of(User("bob", display_name="Bob"))
    assert document.pop("displayName") == "Bob"
    assert record_of(User, document) == User("bob")


def test_nor_those_of_an_actor_in_a_list() -> None:
    """Restrictions, mute-alls and what a change had before it: each names the user who made it."""
    alice = Actor(ActorKind.USER, "alice", claims={"sub": "alice", "email": "alice@example.com"})
    muted = Restriction(Capabilities.SEND_AUDIO, Origin.HOST, LiftableBy.HOST, alice, NOW)
    everybody = MuteAll("c1/audio", Medium.AUDIO, LiftableBy.HOST, alice, NOW)
    meeting = Meeting("m", "room", MeetingRules(mute_alls=(everybody,)), Features(), 1, "")
    for record in (User("bob", UserRules(restrictions=(muted,))), meeting):
        assert "'id': 'alice'" in str(document_of(record))
        assert "example.com" not in str(document_of(record))
