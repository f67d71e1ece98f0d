"""Who somebody is in a meeting, and whether he is in it."""

from datetime import datetime

from pydantic import Field, ValidationInfo, field_validator

from ..domain import commands
from .fields import Body, Moment, Name, Reasoned, fault


class Binding(Body):
    """Nothing has to be said."""

    def command(self) -> commands.Bind:
        return commands.Bind()


class SetRole(Reasoned):
    role: Name

    def command(self) -> commands.SetRole:
        return commands.SetRole(self.role, self.reason)


class Remove(Reasoned):
    ban: bool = Field(default=False, description="whether he stays out")
    until: Moment | None = Field(None, description="when a ban ends; until lifted, where it is left out")

    @field_validator("until")
    @classmethod
    def _ends_a_ban(cls, until: datetime | None, rest: ValidationInfo) -> datetime | None:
        if until is not None and rest.data.get("ban") is False:
            raise fault("only a ban has an end")
        return until

    def command(self) -> commands.Remove:
        return commands.Remove(self.ban, self.until, self.reason)


class Ban(Reasoned):
    until: Moment | None = Field(None, description="until lifted, where it is left out")

    def command(self) -> commands.Ban:
        return commands.Ban(self.until, self.reason)


class Unban(Reasoned):
    def command(self) -> commands.Unban:
        return commands.Unban(self.reason)


class LetIn(Reasoned):
    admit: bool

    def command(self) -> commands.LetIn:
        return commands.LetIn(self.admit, self.reason)


class LeaveLobby(Reasoned):
    def command(self) -> commands.LeaveLobby:
        return commands.LeaveLobby(self.reason)


class RaiseHand(Reasoned):
    def command(self) -> commands.RaiseHand:
        return commands.RaiseHand(self.reason)


class LowerHand(Reasoned):
    def command(self) -> commands.LowerHand:
        return commands.LowerHand(self.reason)


class LowerAllHands(Reasoned):
    def command(self) -> commands.LowerAllHands:
        return commands.LowerAllHands(self.reason)
