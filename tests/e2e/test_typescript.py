"""The TypeScript client: its own tests against this stack, and its tarball in a project of somebody else."""

import re
from pathlib import Path

from local import dist, typescript
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

MUTE = """
import { Gavel } from "gavel-client";
const [url, token, meetingId, user] = process.argv.slice(2);
const meeting = new Gavel({ url, token: () => token }).meeting(meetingId);
console.log((await meeting.mute(user, { for: "5m", reason: "noise" })).status);
"""
UNMUTE = """
const { Gavel, Problem } = require("gavel-client");
const [url, token, meetingId, user] = process.argv.slice(2);
const meeting = new Gavel({ url, token: () => token }).meeting(meetingId);
meeting.unmute(user).then(({ status }) => console.log(status));
"""


def test_npm_test(local_stack: ObservedStack) -> None:
    """With the stack at hand nothing is skipped, and something is tried."""
    stack = local_stack.stack
    said = typescript.run(
        "test",
        {
            "GAVEL_URL": stack.api_url,
            "GAVEL_ISSUER_URL": stack.issuer_url,
            "CHIME_ENDPOINT_URL": stack.chime_url,
        },
    )
    counted = {
        name: int(count) for name, count in re.findall(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$", said, re.MULTILINE)
    }
    assert counted["pass"] > 50, said
    assert (counted["fail"], counted["skipped"]) == (0, 0), said


def test_the_tarball_in_an_empty_directory(
    local_stack: ObservedStack, meeting: ModeratedMeeting, tmp_path: Path
) -> None:
    """Installed by npm, imported by a module and required by CommonJS."""
    dist.build(tmp_path / "dist", [package for package in dist.PACKAGES if package.directory == typescript.CLIENT])
    [tarball] = (tmp_path / "dist").iterdir()
    project = tmp_path / "empty"
    project.mkdir()
    words = ("install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", str(tarball))
    typescript.npm(*words, seconds=typescript.INSTALL_SECONDS, directory=project)
    said = (local_stack.stack.api_url, local_stack.stack.token("alice"), meeting.meeting_id, meeting.attendees["bob"])
    for name, script, held in (("mute.mjs", MUTE, MUTED), ("unmute.cjs", UNMUTE, EVERYTHING)):
        (project / name).write_text(script)
        assert typescript.run_node(name, *said, directory=project) == "applied\n"
        assert meeting.has("bob") == held
