"""One call from request to answer: route, signature, quota, fault, validation, effect, log, events."""

import copy
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chime_simulator.calls import CallLog
from chime_simulator.errors import Json, Refusal
from chime_simulator.events import EventFeed
from chime_simulator.faults import IN_FRONT_OF_CHIME, LATER, NOW, Fault, Faults
from chime_simulator.meetings import World
from chime_simulator.model import Contract, Request, Route
from chime_simulator.operations import perform
from chime_simulator.permissions import Permissions
from chime_simulator.quota import Quota
from chime_simulator.settings import Settings
from chime_simulator.state import StateFile

_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/\s]+)/\d{8}/(?P<region>[^/\s]+)/(?P<service>[^/\s]+)/aws4_request,\s*"
    r"SignedHeaders=[^,\s]+,\s*Signature=[0-9a-f]{64}"
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json | None
    error: str | None = None  # the long name in the header


@dataclass(frozen=True)
class Outcome:
    """The answer that the caller gets after `delay` seconds. Without an answer the connection is cut."""

    answer: Answer | None
    delay: float = 0.0


class Simulation:
    """The service without its HTTP server. One lock keeps the log of calls in the order of their effects."""

    def __init__(
        self,
        region: str,
        account: str,
        settings: Settings,
        feed: EventFeed,
        clock: Callable[[], float],
        permissions: Permissions | None = None,
        state: StateFile | None = None,
    ) -> None:
        self.region = region
        self.account = account
        self.settings = settings
        self.feed = feed
        self.clock = clock
        self.permissions = permissions or Permissions(None, region, account)
        self.contract = Contract()
        self.quota = Quota(clock)
        self.faults = Faults(set(self.contract.operations), self.contract.error_statuses())
        self.calls = CallLog(clock)
        self.world = World(region, account, settings)
        self._state = state
        self._lock = threading.RLock()
        self._pending: set[threading.Timer] = set()

    def load(self) -> None:
        """Continues with the meetings of an earlier run. Raises `ValueError` if their file is not a simulator's."""
        if self._state:
            self._state.load(self.world)

    @contextmanager
    def change(self) -> Iterator[World]:
        """The world for one change, in a `with` block. The events of the change are sent afterwards."""
        with self._lock:
            self.world.end_those_over(self.clock())
            self._publish()
            try:
                yield self.world
            finally:
                self._publish()
                if self._state:
                    self._state.save(self.world)

    def _publish(self) -> None:
        events = self.world.take_events()
        if self.settings.events:
            self.feed.publish(events, lost=self.settings.event_loss)

    def reset(self) -> None:
        """Resets meetings, faults, calls, events and quotas; settings stay. Calls with a late effect never take
        effect.
        """
        with self._lock:
            for timer in self._pending:
                timer.cancel()
            self._pending.clear()
            self.world = World(self.region, self.account, self.settings)
            self.faults.clear()
            self.calls.clear()
            self.feed.clear()
            self.quota.refill()

    def handle(self, request: Request) -> Outcome:
        route = self.contract.route(request)
        forbidden = self._forbidden(request, route)  # not under the lock, because it asks another server
        with self.change():
            call = self.calls.begin(route)
            try:
                if forbidden:
                    raise forbidden
                outcome = self._admit(request, route, call)
            except Refusal as refusal:
                outcome = Outcome(self._refused(refusal))
            call["status"] = outcome.answer.status if outcome.answer else None
            return outcome

    def _forbidden(self, request: Request, route: Route | None) -> Refusal | None:
        try:
            access_key = self._signed_with(request.headers.get("authorization", ""))
            if route is not None:
                self.permissions.check(access_key, route)
        except Refusal as refusal:
            return refusal
        return None

    def _admit(self, request: Request, route: Route | None, call: Json) -> Outcome:
        if route is None:
            raise Refusal("UnknownOperationException", f"no operation at {request.method} {request.target}")
        if self.settings.quota:
            self.quota.take(route.operation.name, self.settings.quota_reading)
        fault = self.faults.take(route.operation.name, route.at("MeetingId"), route.at("AttendeeId"))
        if fault:
            call["fault"] = fault.described()
            return self._faulty(fault, route)
        answer = self._perform(route, self.world)
        _note_new_meeting(call, answer)
        return Outcome(answer)

    def _signed_with(self, authorization: str) -> str:
        """The access key of the signature. Only its form and scope are checked: the rest needs the secret."""
        signature = _SIGNATURE.fullmatch(authorization)
        if not signature:
            raise Refusal("ForbiddenException", "the request is not signed with Signature Version 4")
        if signature["service"] != self.contract.signing_name:
            raise Refusal("ForbiddenException", f"the credential must be scoped to `{self.contract.signing_name}`")
        if signature["region"] != self.region:
            raise Refusal("ForbiddenException", f"the credential must be scoped to the Region `{self.region}`")
        return signature["key"]

    def _perform(self, route: Route, world: World) -> Answer:
        try:
            parameters = self.contract.read(route)
            body = perform(route.operation.name, world, parameters, self.clock())
        except Refusal as refusal:
            return self._refused(refusal)
        return Answer(route.operation.success, body)

    def _refused(self, refusal: Refusal) -> Answer:
        body = {"Code": refusal.code, "Message": refusal.message}
        return Answer(self.contract.statuses[refusal.name], body, refusal.name)

    def _faulty(self, fault: Fault, route: Route) -> Outcome:
        """The outcome of a call with a fault. A call that is not done now is rehearsed on a copy, so that its answer
        looks as if it had been done.
        """
        delay = fault.seconds("delayMs")
        happens = fault.effect == NOW and not fault.is_lost_in_media
        answer = self._perform(route, self.world if happens else copy.deepcopy(self.world))
        if fault.is_lost_in_media:
            with self.world.without_media():
                self._perform(route, self.world)
        if fault.effect == LATER:
            self._do_later(route, delay + fault.seconds("effectAfterMs"))
        if fault.drops:
            return Outcome(None, delay)
        if fault.is_error:
            answer = self._ordered(fault.order["status"], route)
        elif "answerCapabilities" in fault.order:
            _falsify(answer, fault.order["answerCapabilities"])
        return Outcome(answer, delay)

    def _ordered(self, status: int, route: Route) -> Answer:
        said = "the simulator was told to fail"
        if status in IN_FRONT_OF_CHIME:
            return Answer(status, {"message": said})
        return self._refused(Refusal(self.contract.error_for(status, route.operation.name), said))

    def _do_later(self, route: Route, seconds: float) -> None:
        def land() -> None:
            with self.change() as world:
                if timer in self._pending:
                    self._pending.discard(timer)
                    self._perform(route, world)

        timer = threading.Timer(seconds, land)
        timer.daemon = True
        self._pending.add(timer)
        timer.start()


def _note_new_meeting(call: Json, answer: Answer) -> None:
    """Adds the id of a created meeting to the log: only the answer has it."""
    if call["meetingId"] is None and answer.body:
        call["meetingId"] = answer.body.get("Meeting", {}).get("MeetingId")


def _falsify(answer: Answer, capabilities: Json) -> None:
    body = answer.body or {}
    for attendee in [body[name] for name in ("Attendee",) if name in body] + body.get("Attendees", []):
        attendee["Capabilities"] = capabilities
