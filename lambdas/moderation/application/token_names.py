"""Display names from tokens, for users without one from the customer's back end."""

from dataclasses import replace

from ..domain.actor import Actor
from ..domain.display_name import display_name_in
from ..domain.meeting import User
from ..ports import InfrastructureError, Ledger, UserRevised


class TokenNames:
    """Stores display names from tokens. `claim` holds the display name; an empty one turns this off."""

    def __init__(self, ledger: Ledger, claim: str) -> None:
        self._ledger = ledger
        self._claim = claim

    def store(self, meeting_id: str, actor: Actor) -> bool:
        """Gives the caller the name in their token, if the meeting knows them and they have no name yet. Returns
        whether it did.

        If a name cannot be stored now, a later request stores it.
        """
        name = display_name_in(actor.claims.get(self._claim)) if self._claim else None
        if name is None:
            return False
        try:
            loaded = self._ledger.load(meeting_id, [actor.id])
            user = loaded.users[actor.id]
            if loaded.meeting is None or loaded.meeting.ended_at is not None or not _lacks_name(user):
                return False
            named = replace(user, display_name=name, revision=user.revision + 1)
            self._ledger.transact([UserRevised(meeting_id, named, user.revision)])
        except InfrastructureError:
            return False
        return True


def _lacks_name(user: User) -> bool:
    return user.revision > 0 and user.display_name is None and user.rules.ban is None
