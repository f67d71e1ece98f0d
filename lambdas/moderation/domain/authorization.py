"""What the policies are asked, from what is known of the meeting and of its people."""

from .actor import Actor, AuthorizationRequest
from .meeting import Meeting, User, role_of, standing_role


def question(
    actor: Actor, caller: User | None, action: str, meeting: Meeting, person: User | None = None
) -> AuthorizationRequest:
    """Whether the caller may do this in the meeting, or to a person in it."""
    return AuthorizationRequest(
        principal=actor,
        role=standing_role(caller, meeting) if caller else None,
        action=action,
        meeting_id=meeting.id,
        mode=meeting.rules.mode,
        frozen=meeting.rules.frozen_at is not None,
        person=person.id if person else None,
        person_role=role_of(person, meeting) if person else None,
        person_is_banned=person is not None and person.rules.ban is not None,
        person_waits=person is not None and person.rules.waiting is not None,
    )
