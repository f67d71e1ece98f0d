"""A command on a selection leaves what the same commands one after the other would leave, and answers as they would,
until the caller has made too many attempts.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from moderation.application.requests import Answer, Outcome, Request, Selected
from moderation.domain.capability import LiftableBy, Medium
from moderation.domain.commands import LowerHand, Mute, RaiseHand, Remove, SetRole, Unmute, UserCommand

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, attendee_of
from tests.unit.application.commanded_meeting import by, code

USERS = ("alice", "hugo", "cora", "bob", "carol", "nobody-yet")
COMMANDS: st.SearchStrategy[UserCommand] = st.one_of(
    st.builds(Mute, st.just((Medium.AUDIO,)), st.sampled_from([None, 60]), st.none(), st.sampled_from(LiftableBy)),
    st.builds(Mute, st.just((Medium.VIDEO, Medium.CONTENT))),
    st.builds(Unmute, st.sampled_from([(Medium.AUDIO,), (Medium.VIDEO,)])),
    st.builds(SetRole, st.sampled_from(["host", "viewer", "participant"])),
    st.builds(LowerHand),
    st.builds(Remove, st.booleans()),
)
SELECTIONS = st.lists(st.sampled_from(USERS), min_size=1, max_size=len(USERS), unique=True)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(USERS[:5]), COMMANDS, SELECTIONS, st.booleans()), min_size=1, max_size=2))
def test_it_is_as_if_one_came_after_the_other(steps: list[tuple[str, UserCommand, list[str], bool]]) -> None:
    together, single = ModeratedMeeting(), ModeratedMeeting()
    for at in (together, single):
        at.ask_user("bob", RaiseHand(), "bob")
    for caller, command, users, by_attendee in steps:
        selection = [_selected(user, by_attendee) for user in users]
        outcome = together.gavel.perform_on_each(Request(MEETING, by(caller), command), selection)
        expected: list[str] = []
        for one in selection:
            request = Request(MEETING, by(caller), command, attendee_id=one.attendee_id, user_id=one.user_id)
            is_over = "too-many" in expected
            expected.append("too-many" if is_over else code(single.gavel.perform(request)))
        assert _said(outcome, len(users)) == expected
        assert _state(together) == _state(single)


def _selected(user: str, by_attendee: bool) -> Selected:
    return Selected(attendee_of(user)) if by_attendee and user != "nobody-yet" else Selected(user_id=user)


def _said(outcome: Outcome, count: int) -> list[str]:
    """A refusal's code, or a status, for each."""
    if not isinstance(outcome, Answer):
        return [outcome.code] * count
    return [str(each.get("code", each["outcome"])) for each in outcome.outcomes or ()]


def _state(at: ModeratedMeeting) -> object:
    """What Chime has, and the roles and hands, without times and ids."""
    users = {user: at.user(user) for user in USERS}
    rules = {
        user: (found.rules.role, found.rules.ban is not None, found.hand is not None) for user, found in users.items()
    }
    return rules, {key: held.capabilities for key, held in at.chime.rooms[MEETING].attendees.items()}
