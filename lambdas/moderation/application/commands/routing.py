"""Which handler a command has: that of its class or, without one, that of its target."""

from collections.abc import Mapping
from functools import partial

from ...domain.commands import Admit, Command, Consent, Invoker, LowerHand, RaiseHand, Register, Target, Undo
from ...ports import World
from ..enforcement.change_applier import ChangeApplier
from ..requests import Request
from .admissions import AdmissionHandler
from .attendee_commands import AttendeeCommandHandler
from .consent import ConsentHandler
from .context import ContextLoader
from .hands import HandHandler
from .meeting_commands import MeetingCommandHandler
from .pipeline import CommandPipeline, Handler
from .registration import RegistrationHandler


def command_pipeline(world: World, applier: ChangeApplier) -> CommandPipeline:
    contexts = ContextLoader(world)
    hands = HandHandler(world, contexts)
    own: Mapping[type[Command], Handler] = {
        Register: RegistrationHandler(world),
        Admit: AdmissionHandler(world),
        RaiseHand: hands,
        LowerHand: hands,
        Consent: ConsentHandler(world, contexts),
    }
    by_target: Mapping[Target, Handler] = {
        Target.USER: AttendeeCommandHandler(world, contexts, applier),
        Target.MEETING: MeetingCommandHandler(world),
    }
    return CommandPipeline(world, applier, partial(_handler_for, own, by_target))


def _handler_for(
    own: Mapping[type[Command], Handler], by_target: Mapping[Target, Handler], request: Request
) -> Handler:
    command, undone = request.command, request.undone
    if command.invoker is Invoker.CLOCK:
        raise ValueError(f"`{command.name}` is the clock's own")
    if isinstance(command, Undo) and undone is not None and not undone.is_of_the_meeting:
        return by_target[Target.USER]
    return own.get(type(command)) or by_target[command.target]
