"""The state changes that Chime publishes about the meetings of this account and Region."""

from collections.abc import Mapping
from pathlib import Path

from constructs import Construct

from ..config import Config
from ..resources.event_queue import EventQueue, EventRule, queue_function
from .grants import explain_any_meeting, moderation_grants
from .ledger import Ledger
from .wakeups import WakeupQueue

STATE_CHANGE = "Chime Meeting State Change"
CHIME = "aws.chime"
# The types that the function handles. The others, ten for each attendee, would invoke the function for nothing.
ATTENDEES = (
    "chime:AttendeeAdded",
    "chime:AttendeeAuthorized",
    "chime:AttendeeJoined",
    "chime:AttendeeLeft",
    "chime:AttendeeDeleted",
    "chime:MeetingEnded",
)
# Chime reports every update, a mute-all of 250 as 250 events. A queue of their own keeps joins from waiting for them.
CAPABILITY_EVENTS = ("chime:AttendeeCapabilitiesUpdated",)


class ChimeEvents(Construct):
    """Two queues of Chime's events, and the function that processes them."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        ledger: Ledger,
        wakeups: WakeupQueue,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        sources = [CHIME, *config.meeting_event_sources]
        self.attendees = EventQueue(
            self,
            "Attendees",
            config,
            [_state_changes("Attendees", "Who comes and goes; what ends.", sources, ATTENDEES)],
        )
        self.capability_events = EventQueue(
            self,
            "CapabilityEvents",
            config,
            [_state_changes("CapabilityEvents", "What Chime changed.", sources, CAPABILITY_EVENTS)],
        )
        self.function = queue_function(
            self,
            config,
            handler="chime_events.handler.handler",
            asset=asset,
            environment=environment,
            # This function updates one attendee at a time.
            statements=moderation_grants(ledger, wakeups, whole_meeting=False, meetings=True),
            queues={self.attendees: 2, self.capability_events: 2},
        )
        explain_any_meeting(self.function.role)


def _state_changes(name: str, description: str, sources: list[str], event_types: tuple[str, ...]) -> EventRule:
    detail = {"eventType": list(event_types)}
    return EventRule(name, description, {"detail-type": [STATE_CHANGE], "source": sources, "detail": detail})
