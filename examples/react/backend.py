"""The back end of the example: creates attendees, and serves the built page. For the local stack.

`source .local/env && python examples/react/backend.py 8080`
"""

import json
import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx

PAGE = Path(__file__).parent / "dist"


class BackEnd:
    """What a customer's back end does when a user joins: an attendee in Chime, and a token for Gavel."""

    def __init__(self) -> None:
        self._chime = boto3.client("chime-sdk-meetings", endpoint_url=os.environ["CHIME_ENDPOINT_URL"])
        self._gavel_url = os.environ["GAVEL_URL"]
        self._issuer_url = os.environ["GAVEL_ISSUER_URL"]

    def join(self, meeting_id: str, user: str, name: str | None) -> dict[str, Any]:
        """`name` is what others see. Raises `httpx.HTTPStatusError` if Gavel or the issuer refuses."""
        given = self._admission(meeting_id, user, name)["capabilities"]
        attendee = self._chime.create_attendee(MeetingId=meeting_id, ExternalUserId=user, Capabilities=given)
        meeting = self._chime.get_meeting(MeetingId=meeting_id)
        return {
            "gavelUrl": self._gavel_url,
            "token": self._token(user),
            "meeting": meeting["Meeting"],
            "attendee": attendee["Attendee"],
            "withoutMedia": True,
        }

    def _admission(self, meeting_id: str, user: str, name: str | None) -> dict[str, Any]:
        """What the new attendee may have, so that nobody starts with more than the rules give."""
        answer = httpx.post(
            f"{self._gavel_url}/meetings/{meeting_id}/admissions",
            json={"users": [{"externalUserId": user, "displayName": name}]},
            headers={"Authorization": f"Bearer {self._token('back-end', 'gavel/admin')}"},
            timeout=30,
            trust_env=False,
        )
        [item] = answer.raise_for_status().json()["items"]
        return dict(item)

    def _token(self, sub: str, scope: str | None = None) -> str:
        """The local issuer gives a token to anyone; yours asks who they are."""
        asked = {"sub": sub} if scope is None else {"sub": sub, "scope": scope}
        answer = httpx.post(f"{self._issuer_url}/token", json=asked, trust_env=False)
        return str(answer.raise_for_status().json()["access_token"])


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, back_end: BackEnd, *arguments: Any) -> None:
        self._back_end = back_end
        super().__init__(*arguments, directory=str(PAGE))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, said = 200, self._back_end.join(asked["meetingId"], asked["user"], asked.get("name") or None)
        except httpx.HTTPStatusError as error:
            status, said = error.response.status_code, {"error": error.response.text}
        payload = json.dumps(said, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, BackEnd()))
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
