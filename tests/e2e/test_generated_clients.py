"""Clients that well-known generators make of `docs/openapi.json`: each mutes an attendee on the local stack."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.files import DOCS
from local import typescript
from tests.e2e.meeting import MUTED, ModeratedMeeting

TOOLS = Path(__file__).parents[2] / "contracts" / "tools"
IN_PYTHON = """
import sys
from gavel_client import AuthenticatedClient
from gavel_client.api.attendees import mute_attendee
from gavel_client.models import ChangeAnswer, Mute

url, token, meeting_id, attendee_id = sys.argv[1:]
with AuthenticatedClient(base_url=url, token=token) as client:
    answer = mute_attendee.sync(meeting_id, attendee_id, client=client, body=Mute(reason="noise"))
assert isinstance(answer, ChangeAnswer), answer
print(answer.status.value, answer.after.audio.value)
"""
IN_TYPESCRIPT = """
import { client } from "./gavel/client.gen";
import { muteAttendee } from "./gavel/sdk.gen";
declare const process: { argv: string[] };

async function main(): Promise<void> {
  const [baseUrl, auth, meetingId, attendeeId] = process.argv.slice(2);
  client.setConfig({ baseUrl, auth });
  const { data, error } = await muteAttendee({ path: { meetingId, attendeeId }, body: { reason: "noise" } });
  if (!data) throw new Error(JSON.stringify(error));
  console.log(data.status, data.after?.audio);
}
void main();
"""
MOST_MODULES = 250


def arguments(meeting: ModeratedMeeting) -> list[str]:
    stack = meeting.local_stack.stack
    return [stack.api_url, stack.token("alice"), meeting.meeting_id, meeting.attendees["bob"]]


def ran(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("python")
    generator = str(Path(sys.executable).with_name("openapi-python-client"))
    target = str(directory / "gavel_client")
    ran([generator, "generate", "--path", str(DOCS / "openapi.json"), "--output-path", target, "--meta", "none"])
    return directory


@pytest.fixture(scope="module")
def typescript_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("typescript")
    source = ("-i", str(DOCS / "openapi.json"), "-o", str(directory / "gavel"))
    typescript.tool(TOOLS, "openapi-ts", *source, "-c", "@hey-api/client-fetch", "--no-log-file")
    (directory / "mute.ts").write_text(IN_TYPESCRIPT)
    options = {
        "compilerOptions": {
            "target": "es2022",
            "lib": ["es2022", "dom", "dom.iterable"],
            "module": "commonjs",
            "moduleResolution": "node10",
            "strict": True,
            "skipLibCheck": True,
            "types": [],
            "outDir": "build",
        },
        "include": ["mute.ts"],
    }
    (directory / "tsconfig.json").write_text(json.dumps(options))
    typescript.tool(TOOLS, "tsc", "--project", str(directory))
    return directory


def test_in_python(meeting: ModeratedMeeting, python_client: Path) -> None:
    said = ran([sys.executable, "-c", IN_PYTHON, *arguments(meeting)], PYTHONPATH=str(python_client))
    assert said.split() == ["applied", "Receive"]
    assert meeting.has("bob") == MUTED


def test_in_typescript(meeting: ModeratedMeeting, typescript_client: Path) -> None:
    program = str(typescript_client / "build" / "mute.js")
    said = ran([str(typescript.node()), program, *arguments(meeting)])
    assert said.split() == ["applied", "Receive"]
    assert meeting.has("bob") == MUTED


def test_nothing_is_generated_twice(python_client: Path) -> None:
    """Each schema without a name of its own would be a class for each place where it stands."""
    modules = list(python_client.rglob("*.py"))
    assert 50 < len(modules) < MOST_MODULES
    bodies = {module.stem for module in (python_client / "gavel_client" / "models").glob("*.py")}
    assert {"capabilities_patch", "meeting_patch", "mute_all", "problem"} <= bodies
