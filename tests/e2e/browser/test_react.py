"""`gavel-client/react` as others get it: packed by npm, in a Vite project, on the Chime SDK, against the stack."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from infra.packaging.bundle import ROOT
from local import typescript
from local.aws import server_environment
from tests.e2e.browser.visitor import Visitor, Visitors
from tests.e2e.caller import done
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

EXAMPLE = ROOT / "examples" / "react"
LINKED = "file:../../clients/typescript"
INSTALL_SECONDS = 300
MODULES = {"node10": "commonjs", "node16": "node16", "bundler": "esnext"}
USE = """\
import { Gavel } from "gavel-client";
import { GavelProvider, Roster, useMeeting } from "gavel-client/react";
const gavel = new Gavel({ url: "https://gavel.example", token: () => "t" });
export const page = <GavelProvider gavel={gavel} meetingId="m"><Roster /></GavelProvider>;
// @ts-expect-error the types are there, and are not `any`
export const wrong = gavel.meeting("m").nothing;
// @ts-expect-error
export const worse = () => useMeeting().nothing;
"""
REQUIRE = 'const { Gavel } = require("gavel-client"), { Roster } = require("gavel-client/react");'
IMPORT = 'import { Gavel } from "gavel-client"; import { Roster } from "gavel-client/react";'
WITHOUT_WEBSOCKET = """
delete globalThis.WebSocket;
console.log(typeof new Gavel({ url: "https://x", token: () => "t" }).api.GET, typeof Roster);
"""
LEAN = 'import { inSeconds } from "gavel-client";\nconsole.log(inSeconds("5m"));\n'
EMPTY = {
    "index.html": '<div id="root"></div><script type="module" src="./main.jsx"></script>',
    "main.jsx": """\
import { createRoot } from "react-dom/client";
import { Gavel } from "gavel-client";
import { ConsentDialog, GavelProvider, ModerationBanner, Roster } from "gavel-client/react";
const gavel = new Gavel({ url: "https://gavel.example", token: () => "t" });
createRoot(document.getElementById("root")).render(
  <GavelProvider gavel={gavel} meetingId="m"><ModerationBanner /><ConsentDialog /><Roster /></GavelProvider>,
);
""",
    "build.mjs": """\
import { build } from "vite";
const root = new URL(".", import.meta.url).pathname;
await build({ root, base: "./", configFile: false, logLevel: "error", build: { modulePreload: false } });
""",
}
"""A project of two files, and what builds it. Vite knows JSX without a plugin."""
LEAN_BUILD = """\
import { build } from "vite";
const input = new URL("lean.js", import.meta.url).pathname;
const options = { write: false, rollupOptions: { input } };
const { output } = await build({ configFile: false, logLevel: "error", build: options });
console.log(output[0].code.length);
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Vite project with React that gets the client from its archive, as it would from a registry."""
    folder = tmp_path_factory.mktemp("react")
    typescript.pack(folder)
    [archive] = folder.glob("*.tgz")
    project = folder / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("node_modules", "dist"))
    package = (project / "package.json").read_text()
    assert LINKED in package
    (project / "package.json").write_text(package.replace(LINKED, f"file:{archive}"))
    install = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline")
    typescript.npm(*install, seconds=INSTALL_SECONDS, directory=project)
    return project


@pytest.mark.parametrize("resolution", MODULES)
def test_its_types_are_found(project: Path, resolution: str) -> None:
    use = project / "use.tsx"
    use.write_text(USE)
    options = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--esModuleInterop",
        "--jsx",
        "react-jsx",
        "--target",
        "es2022",
    ]
    compiler = project / "node_modules" / "typescript" / "bin" / "tsc"
    resolved = ["--module", MODULES[resolution], "--moduleResolution", resolution]
    assert _node(project, str(compiler), *options, *resolved, str(use)) == ""


def test_it_can_be_required_and_imported_and_leaves_out_what_is_not_used(project: Path) -> None:
    (project / "required.cjs").write_text(REQUIRE + WITHOUT_WEBSOCKET)
    (project / "imported.mjs").write_text(IMPORT + WITHOUT_WEBSOCKET)
    assert _node(project, "required.cjs") == _node(project, "imported.mjs") == "function function"
    (project / "lean.js").write_text(LEAN)
    (project / "lean.mjs").write_text(LEAN_BUILD)
    assert int(_node(project, "lean.mjs")) < 2000


def test_an_empty_project_shows_the_components(project: Path, browser: Browser) -> None:
    """No option, no plugin and no further package: the packed client, React and Vite."""
    empty = project / "empty"
    empty.mkdir()
    for name, text in EMPTY.items():
        (empty / name).write_text(text)
    assert _node(empty, "build.mjs") == ""
    page = browser.new_page()
    page.route("http://empty.test/**", lambda route: route.fulfill(path=empty / "dist" / route.request.url[18:]))
    page.goto("http://empty.test/index.html")
    expect(page.get_by_role("list", name="People")).to_be_attached()
    page.close()


@pytest.fixture(scope="session")
def example(project: Path, local_stack: ObservedStack) -> Iterator[str]:
    """The example, built and served by its own back end."""
    typescript.npm("run", "build", seconds=INSTALL_SECONDS, directory=project)
    stack = local_stack.stack
    reached = {
        "GAVEL_URL": stack.api_url,
        "GAVEL_ISSUER_URL": stack.issuer_url,
        "CHIME_ENDPOINT_URL": stack.chime_url,
    }
    with subprocess.Popen(
        [sys.executable, str(project / "backend.py"), "0"],
        env=server_environment(**reached),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def test_join_see_who_may_speak_raise_a_hand_and_agree_to_be_heard(
    visitors: Visitors, local_stack: ObservedStack, example: str, warm: None
) -> None:
    meeting = local_stack.meeting({"alice": "host", "hugo": "host"}, {"unmuteConsent": "required"})
    alice = _joined(visitors, meeting, example, "alice", "Alice Ångström")
    bob = _joined(visitors, meeting, example, "bob", "بوب")
    expect(alice.page.locator('[data-user="bob"] bdi')).to_have_text("بوب")
    expect(alice.page.locator('[data-user="bob"] bdi')).to_have_attribute("title", "bob")
    expect(alice.page.locator('[data-user="bob"] [data-medium="audio"]')).to_have_attribute("data-allowed", "true")
    bob.button("Raise my hand").click()
    expect(alice.page.locator('[data-user="bob"]')).to_contain_text("hand up, place 1")
    expect(bob.button("Microphone is on")).to_be_visible()
    alice.button("Mute بوب").click()
    expect(bob.page.get_by_role("status")).to_contain_text("Your microphone is blocked: by Alice Ångström.")
    expect(bob.button("Microphone is off")).to_be_disabled()
    [attendee] = [
        a["attendeeId"] for a in done(meeting.alice.get("/attendees"))["items"] if a["externalUserId"] == "bob"
    ]
    assert local_stack.simulator.has(meeting.meeting_id, attendee) == MUTED
    alice.button("Unmute بوب").click()
    dialog = bob.page.get_by_role("alertdialog", name="Alice Ångström asks you to unmute")
    dialog.get_by_role("button", name="Unmute me").click()
    expect(dialog).to_have_count(0)
    expect(bob.button("Microphone is off")).to_be_enabled()
    assert local_stack.simulator.has(meeting.meeting_id, attendee) == EVERYTHING
    bob.button("Microphone is off").click()
    expect(bob.button("Microphone is on")).to_be_visible()


def _joined(visitors: Visitors, meeting: ModeratedMeeting, url: str, user: str, name: str) -> Visitor:
    visitor = visitors.somebody()
    visitor.name = user
    visitor.page.goto(f"{url}?meeting={meeting.meeting_id}")
    visitor.page.get_by_label("Your user id").fill(user)
    visitor.page.get_by_label("Your name").fill(name)
    visitor.button("Join").click()
    expect(visitor.page.locator(f'[data-user="{user}"]')).to_be_visible()
    return visitor


def _node(directory: Path, *words: str) -> str:
    return typescript.run_node(*words, directory=directory).strip()
