"""Whether a deployment works, asked from outside: `make smoke URL=… TOKEN=…`. The token is an admin's.

Mutes an attendee and unmutes them: of the registered meeting that MEETING and ATTENDEE name, or of one that it makes
and deletes itself if there are AWS credentials that may. The token comes from the environment and is never shown.
"""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from infra.smoke_meeting import CannotMake, own_meeting
from infra.tokens import lacks_scope, what_is_wrong

TIMEOUT = 35  # API Gateway gives up after 30
MUTED_FOR = 60  # the mute ends by itself if nobody is left to lift it
REASON = "smoke test"
USAGE = "make smoke URL=https://….execute-api.….amazonaws.com TOKEN=<an admin's> [MEETING=<id> ATTENDEE=<id>]"


class Failed(Exception):
    """The deployment does not do what it should; the text says what it did instead."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    refusal: str = ""
    """The header `WWW-Authenticate`."""

    def expect(self, status: int, /, **members: object) -> "Answer":
        """Raises `Failed` unless it has this status, and these members with these values (None: any)."""
        found = self.body if isinstance(self.body, dict) else {}
        wrong = [f"`{k}` {found.get(k)!r}" for k, v in members.items() if k not in found or v not in (None, found[k])]
        if self.status != status or wrong:
            code = f" `{found['code']}`" if "code" in found else ""
            raise Failed(
                f"{status} was expected, and came {self.status}{code}" + "".join(f", {each}" for each in wrong)
            )
        return self


@dataclass(frozen=True)
class Deployment:
    """`url` as the output `ApiUrl` has it."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Answer:
        """By whoever has the token, ours if none is named; "" for nobody. Raises `Failed` if nobody answers."""
        bearer = self.token if token is None else token
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310 - see `main`
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                return Answer(response.status, _document(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _document(error.read()), error.headers.get("WWW-Authenticate", ""))
        except OSError as error:
            raise Failed(f"nobody answers: {getattr(error, 'reason', error)}") from None


def _document(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


Check = Callable[[], object]


def checks(deployment: Deployment) -> Iterator[tuple[str, Check]]:
    """What holds of every deployment, whatever meetings there are."""
    ask, nowhere = deployment.ask, f"/meetings/{uuid.uuid4()}"
    yield "the door is open", lambda: ask("GET", "/health", token="").expect(200, status="ok")
    yield "it describes itself", lambda: ask("GET", "/openapi.json", token="").expect(200, openapi=None, paths=None)
    yield "nobody gets in without a token", lambda: ask("GET", nowhere, token="").expect(401)
    yield "nor with a false one", lambda: ask("GET", nowhere, token="e30.e30.e30").expect(401)  # noqa: S106
    yield (
        "the token gets in, and finds no meeting where there is none (table)",
        lambda: _taken(deployment, ask("GET", nowhere)).expect(404, code="meeting-not-found"),
    )
    yield (
        "it is an admin's, and Chime answers that it knows none either (Chime)",
        lambda: _admins(deployment, ask("PUT", f"{nowhere}?dryRun=true", {})).expect(404, code="meeting-not-found"),
    )
    yield (
        "what is no id is refused",
        lambda: ask("GET", "/meetings/not-an-id").expect(400, code="invalid-request"),
    )


def _taken(deployment: Deployment, answer: Answer) -> Answer:
    if answer.status == 401:
        raise Failed(f"401, the token is not taken: {what_is_wrong(deployment.token, answer.refusal)}")
    return answer


def _admins(deployment: Deployment, answer: Answer) -> Answer:
    if answer.status == 403 and (reason := lacks_scope(deployment.token)):
        raise Failed(f"404 was expected, and came 403 `not-permitted`, for the token is no admin's: {reason}")
    return _taken(deployment, answer)


def checks_of_a_seat(deployment: Deployment, meeting: str, attendee: str) -> Iterator[tuple[str, Check]]:
    """The attendee is muted and unmuted again; one who can't send audio already is left as they are."""
    seat = f"/meetings/{meeting}/attendees/{attendee}"
    ask, mute = deployment.ask, {"reason": REASON, "durationSeconds": MUTED_FOR}
    dry: list[Answer] = []
    unmuted: list[Answer] = []
    yield (
        "a mute of the attendee would be accepted (policies)",
        lambda: dry.append(ask("POST", f"{seat}/mute?dryRun=true", mute).expect(200, status="dry-run")),
    )
    if not dry or "Send" not in dry[0].body["before"]["audio"]:
        yield "they can send audio, so that they can be muted", _cannot_send
        return
    yield "they are muted (Chime)", lambda: ask("POST", f"{seat}/mute", mute).expect(200, status="applied")
    yield (
        "they are unmuted again",
        lambda: unmuted.append(ask("POST", f"{seat}/unmute", {"reason": REASON}).expect(200, status="applied")),
    )
    if unmuted:
        change = f"/meetings/{meeting}/changes/{unmuted[0].body['changeId']}"
        yield "the change is on record", lambda: ask("GET", change).expect(200, status="applied")


def _cannot_send() -> None:
    raise Failed("they can't, or the dry run failed: nothing was changed")


def main(environment: Mapping[str, str] = os.environ) -> int:
    """0 if all is well, 1 if something is not, 2 if it can't be asked."""
    url, token = environment.get("URL", "").rstrip("/"), environment.get("TOKEN", "")
    meeting, attendee = environment.get("MEETING", ""), environment.get("ATTENDEE", "")
    if urlsplit(url).scheme not in ("http", "https") or not token or bool(meeting) != bool(attendee):
        print(USAGE, file=sys.stderr)
        return 2
    deployment = Deployment(url, token)
    failures = _run(checks(deployment))
    if not failures:
        failures = _of_a_seat(deployment, meeting, attendee)
    print(f"\n{failures} FAILED" if failures else "\nall is well")
    return min(failures, 1)


def _of_a_seat(deployment: Deployment, meeting: str, attendee: str) -> int:
    if meeting:
        return _run(checks_of_a_seat(deployment, meeting, attendee))
    try:
        with own_meeting(deployment.url) as own:
            at = f"/meetings/{own.meeting_id}"
            register = ("a meeting made for this is registered", lambda: deployment.ask("PUT", at, {}).expect(200))
            return _run(iter([register])) or _run(checks_of_a_seat(deployment, own.meeting_id, own.attendee_id))
    except CannotMake as reason:
        print(f"SKIPPED a mute and unmute in Chime: {reason}; MEETING=… ATTENDEE=… name a seat instead", flush=True)
        return 0


def _run(named: Iterator[tuple[str, Check]]) -> int:
    failures = 0
    for name, check in named:
        try:
            check()
        except Failed as failed:
            failures += 1
            print(f"FAILED  {name}: {failed}", flush=True)
        else:
            print(f"OK      {name}", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main())
