"""The routes under `/_simulator`, which Amazon Chime does not have."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chime_simulator.errors import Json, Refusal
from chime_simulator.meetings import Attendee, Meeting
from chime_simulator.model import Request
from chime_simulator.presence import ACTIONS, act
from chime_simulator.rules import VideoNone, check_external_id
from chime_simulator.shapes import complaints
from chime_simulator.simulation import Answer, Simulation

PREFIX = "/_simulator/"

Handler = Callable[..., Json]


class Control:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        meeting, attendee = "meetings/(?P<meeting>[^/]+)", "attendees/(?P<attendee>[^/]+)"
        self._routes: list[tuple[str, str, Handler]] = [
            ("GET", "health", self._health),
            ("POST", "reset", self._reset),
            ("GET", "settings", self._settings),
            ("PUT", "settings", self._change_settings),
            ("PUT", "principals", self._announce),
            ("GET", "faults", self._faults),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("GET", "calls", self._calls),
            ("DELETE", "calls", self._forget_calls),
            ("GET", "events", self._events),
            ("GET", meeting, self._meeting),
            ("PUT", f"{meeting}/settings", self._set_reading),
            ("POST", f"{meeting}/attendees", self._add_attendee),
            ("POST", f"{meeting}/{attendee}/capabilities", self._write_capabilities),
            ("POST", f"{meeting}/{attendee}/(?P<action>{'|'.join(sorted(ACTIONS))})", self._act),
        ]

    def handle(self, request: Request) -> Answer:
        address = urlsplit(request.target)
        for method, path, handler in self._routes:
            match = re.fullmatch(PREFIX + path, address.path)
            if match and method == request.method:
                return self._answer(handler, match.groupdict(), dict(parse_qsl(address.query)), request.body)
        return Answer(404, {"error": f"no route {request.method} {address.path}"})

    def _answer(self, handler: Handler, path: dict[str, str], query: dict[str, str], body: bytes) -> Answer:
        try:
            document = json.loads(body) if body else {}
            if not isinstance(document, dict):
                raise ValueError("the body must be a JSON object")
            with self._simulation.change():
                return Answer(200, handler(query=query, document=document, **path))
        except Refusal as refusal:
            return Answer(self._simulation.contract.statuses[refusal.name], {"error": refusal.message})
        except (ValueError, TypeError) as problem:
            return Answer(400, {"error": str(problem)})
        except KeyError as missing:
            return Answer(400, {"error": f"`{missing.args[0]}` is missing"})

    def _health(self, **_: Any) -> Json:
        simulation = self._simulation
        meetings = len(simulation.world.meetings)
        return {"status": "ok", "region": simulation.region, "account": simulation.account, "meetings": meetings}

    def _reset(self, **_: Any) -> Json:
        self._simulation.reset()
        return {}

    def _settings(self, **_: Any) -> Json:
        return self._simulation.settings.as_json()

    def _change_settings(self, document: Json, **_: Any) -> Json:
        self._simulation.settings.change(document)
        return self._simulation.settings.as_json()

    def _announce(self, document: Json, **_: Any) -> Json:
        self._simulation.permissions.announce(document)
        return {}

    def _faults(self, **_: Any) -> Json:
        return {"faults": self._simulation.faults.active()}

    def _add_fault(self, document: Json, **_: Any) -> Json:
        if "answerCapabilities" in document:
            self._check_shape(document["answerCapabilities"])
        self._simulation.faults.add(document)
        return self._faults()

    def _clear_faults(self, **_: Any) -> Json:
        """Removes all faults. Calls with a late effect still take effect."""
        self._simulation.faults.clear()
        return self._faults()

    def _calls(self, query: dict[str, str], **_: Any) -> Json:
        unknown = set(query) - {"operation", "meetingId", "attendeeId"}
        if unknown:
            raise ValueError(f"calls can't be searched by `{min(unknown)}`")
        return {"calls": self._simulation.calls.matching(query)}

    def _forget_calls(self, **_: Any) -> Json:
        self._simulation.calls.clear()
        return {}

    def _events(self, **_: Any) -> Json:
        return {"events": self._simulation.feed.latest()}

    def _meeting(self, meeting: str, **_: Any) -> Json:
        found = self._simulation.world.meeting(meeting)
        attendees = [_shown(attendee) for attendee in found.attendees.values()]
        return {"meeting": found.as_json(), "attendees": attendees, "tags": found.tags}

    def _set_reading(self, meeting: str, document: Json, **_: Any) -> Json:
        reading = document["videoNoneReading"]
        self._simulation.world.meeting(meeting).video_none_reading = VideoNone(reading) if reading else None
        return {"videoNoneReading": reading}

    def _add_attendee(self, meeting: str, document: Json, **_: Any) -> Json:
        """Adds an attendee. Unlike the API, it accepts ids that begin with `aws:`, such as a media pipeline's."""
        world, capabilities = self._simulation.world, document.get("capabilities")
        if capabilities is not None:
            self._check_shape(capabilities)
        check_external_id(document["externalUserId"], "externalUserId", reserved=True)
        found = world.meeting(meeting)
        added = world.add_attendee(found, document["externalUserId"], capabilities, self._simulation.clock())
        return {"attendee": _shown(added)}

    def _write_capabilities(self, meeting: str, attendee: str, document: Json, **_: Any) -> Json:
        """Changes capabilities as another program would (drift). Media that are not named stay; no rule is checked."""
        inside, found = self._find(meeting, attendee)
        capabilities = {**found.capabilities, **document["capabilities"]}
        self._check_shape(capabilities)
        if document.get("event", True):
            self._simulation.world.write_capabilities(inside, found, capabilities, self._simulation.clock())
        else:
            found.capabilities = capabilities
        return {"attendee": _shown(found)}

    def _act(self, meeting: str, attendee: str, action: str, **_: Any) -> Json:
        inside, found = self._find(meeting, attendee)
        act(self._simulation.world, inside, found, action, self._simulation.clock())
        return {"attendee": _shown(found)}

    def _find(self, meeting: str, attendee: str) -> tuple[Meeting, Attendee]:
        found = self._simulation.world.meeting(meeting)
        return found, found.attendee(attendee)

    def _check_shape(self, capabilities: Json) -> None:
        update = self._simulation.contract.operations["UpdateAttendeeCapabilities"]
        wrong = list(complaints(update.inputs.members["Capabilities"], capabilities, "capabilities"))
        if wrong:
            raise ValueError("; ".join(wrong))


def _shown(attendee: Attendee) -> Json:
    return {**attendee.without_token(), "Connected": attendee.connected}
